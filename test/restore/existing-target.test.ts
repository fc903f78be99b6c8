import { describe, expect, test } from 'vitest';
import { dryRunRestore } from '../../src/restore/run.ts';
import { createArticles } from '../support/articles.ts';
import { createRole } from '../support/postgres.ts';
import { catalogue, copyText, makeScene, relations, type Scene } from './support.ts';

async function articlesScene(count = 250): Promise<Scene> {
  const scene = await makeScene();
  await createArticles(scene.source.client, { count });
  await scene.backup();
  return scene;
}

const values = `(title, content, publication, source_url, timestamp, quality_score, newsworthiness_score,
  unusualness_score) VALUES ('mine', 'c', 'p', 'u', now(), 1, 2, 3)`;

describe('a target that holds something', () => {
  test('rows are refused without --clean, and stay', async () => {
    const { target, restore } = await articlesScene();
    await createArticles(target.client, { count: 3, seed: 9 });
    const before = [await copyText(target.client, 'articles'), await relations(target.client)];
    await expect(restore()).rejects.toMatchObject({ code: 'E_TARGET_NOT_EMPTY', exit: 1 });
    expect([await copyText(target.client, 'articles'), await relations(target.client)]).toEqual(before);
  });

  test('an empty table with the same columns is filled, and keeps what it has', async () => {
    const { source, target, restore } = await articlesScene();
    await createArticles(target.client, { count: 0 });
    await target.client.query('CREATE INDEX mine ON articles (title)');
    await restore();
    expect(await copyText(target.client, 'articles')).toEqual(await copyText(source.client, 'articles'));
    expect(await relations(target.client)).toContain('public.mine');
  });

  test('--clean replaces rows, and keeps grants, views, triggers, comments and other tables that refer', async () => {
    const { source, target, restore } = await articlesScene();
    await createArticles(target.client, { count: 400, seed: 9 });
    const role = await createRole(target);
    await target.client.query(`
      GRANT SELECT ON articles TO ${role.user};
      CREATE VIEW titles AS SELECT title FROM articles;
      CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.title := ''spoiled''; RETURN NEW; END';
      CREATE TRIGGER spoil BEFORE INSERT ON articles FOR EACH ROW EXECUTE FUNCTION spoil();
      CREATE TRIGGER asleep BEFORE INSERT ON articles FOR EACH ROW EXECUTE FUNCTION spoil();
      ALTER TABLE articles ENABLE ALWAYS TRIGGER spoil, DISABLE TRIGGER asleep;
      CREATE TABLE comments (article integer CONSTRAINT "of" REFERENCES articles ON DELETE CASCADE);
      COMMENT ON CONSTRAINT "of" ON comments IS 'kept';
      INSERT INTO comments VALUES (5), (250)`);
    const facts = `SELECT relacl::text, (SELECT jsonb_agg(tgname::text || tgenabled::text ORDER BY tgname) FROM pg_trigger
       WHERE tgrelid = 'articles'::regclass AND NOT tgisinternal) AS triggers,
      (SELECT obj_description(oid, 'pg_constraint') FROM pg_constraint WHERE conname = 'of' AND convalidated) AS kept
      FROM pg_class WHERE oid = 'articles'::regclass`;
    const before = (await target.client.query<object>(facts)).rows;
    await restore({ clean: true });
    expect(await copyText(target.client, 'articles')).toEqual(await copyText(source.client, 'articles'));
    expect((await target.client.query<object>(facts)).rows).toEqual(before);
    expect(before).toMatchObject([{ triggers: ['asleepD', 'spoilA'], kept: 'kept' }]);
    expect((await target.client.query('SELECT FROM titles')).rowCount).toBe(250);
    expect((await target.client.query('SELECT FROM comments')).rowCount).toBe(2);
    const { rows } = await target.client.query<object>(`INSERT INTO articles ${values} RETURNING id`);
    expect(rows).toEqual([{ id: 251 }]);
  });

  test('rows elsewhere that refer to rows which would be gone: refused, and all is as before, sequences too', async () => {
    const { target, restore } = await articlesScene();
    await createArticles(target.client, { count: 400, seed: 9 });
    await target.client.query(
      'CREATE TABLE comments (article integer REFERENCES articles); INSERT INTO comments VALUES (399)',
    );
    const state = async () => [
      await copyText(target.client, 'articles'),
      await copyText(target.client, 'comments'),
      await copyText(target.client, 'articles_id_seq'),
      await catalogue(target.client, 'comments'),
      await relations(target.client),
    ];
    const before = await state();
    await expect(restore({ clean: true })).rejects.toMatchObject({ code: 'E_TARGET_DEPENDENTS' });
    expect(await state()).toEqual(before);
  });

  test('other columns: refused, replaced with --clean, and not while views depend on the table', async () => {
    const { source, target, restore } = await articlesScene();
    await target.client.query('CREATE TABLE articles (id serial PRIMARY KEY, title varchar(10))');
    await target.client.query('CREATE VIEW titles AS SELECT title FROM articles');
    await expect(restore()).rejects.toMatchObject({ code: 'E_TARGET_DIFFERENT' });
    const dependents = expect.objectContaining({
      code: 'E_TARGET_DEPENDENTS',
      message: expect.stringContaining('view public.titles') as unknown,
    }) as unknown;
    await expect(restore({ clean: true })).rejects.toEqual(dependents);
    await target.client.query('DROP VIEW titles');
    await restore({ clean: true });
    expect(await copyText(target.client, 'articles')).toEqual(await copyText(source.client, 'articles'));
    expect(await catalogue(target.client, 'articles')).toEqual(await catalogue(source.client, 'articles'));
  });

  test('a view of that name is refused, even with --clean', async () => {
    const { target, restore } = await articlesScene();
    await target.client.query('CREATE VIEW articles AS SELECT 1');
    await expect(restore({ clean: true })).rejects.toMatchObject({
      code: 'E_TARGET_DIFFERENT',
      message: 'the target has a view named public.articles',
    });
  });

  test('--into restores beside the table it came from, with names of its own', async () => {
    const { source, target, restore } = await articlesScene();
    const result = await restore({ into: 'rescue.articles_rescued' }, source.url);
    expect(result.tables[0]?.table).toBe('rescue.articles_rescued');
    expect(await copyText(source.client, 'rescue.articles_rescued')).toEqual(
      await copyText(source.client, 'articles'),
    );
    expect(await relations(source.client)).toEqual(
      expect.arrayContaining([
        'rescue.articles_rescued',
        'rescue.articles_rescued_id_seq',
        'rescue.articles_rescued_pkey',
      ]),
    );
    const sql = `INSERT INTO rescue.articles_rescued ${values} RETURNING id`;
    expect((await source.client.query<object>(sql)).rows).toEqual([{ id: 251 }]);
    await source.client.query('DROP TABLE articles');
    await source.client.query(sql);
    await target.client.query(`CREATE TABLE ${'n'.repeat(54)}_pkey ()`);
    await restore({ into: 'n'.repeat(63) });
    expect(await relations(target.client)).toContain(`public.${'n'.repeat(58)}_pkey`);
  });

  test('--into: a table that refers to itself refers to itself under its new name', async () => {
    const scene = await makeScene();
    await scene.source.client
      .query(`CREATE TABLE tree (id serial PRIMARY KEY, parent int REFERENCES tree (id) ON DELETE CASCADE);
      INSERT INTO tree (parent) VALUES (NULL), (1), (2)`);
    await scene.backup();
    await scene.restore({ into: 'copy' }, scene.source.url);
    expect(await catalogue(scene.source.client, 'copy')).toMatchObject({
      columns: [{ expression: "nextval('copy_id_seq'::regclass)" }, {}],
      constraints: [
        {
          conname: 'copy_parent_fkey',
          definition: 'FOREIGN KEY (parent) REFERENCES copy(id) ON DELETE CASCADE',
        },
        { conname: 'copy_pkey' },
      ],
      sequences: [{ name: 'copy_id_seq', refobjsubid: 1, deptype: 'a' }],
    });
  });

  test('a name that an index needs and another relation has gives way', async () => {
    const { target, restore } = await articlesScene();
    await target.client.query('CREATE TABLE articles_pkey ()');
    await restore();
    expect(await relations(target.client)).toContain('public.articles_pkey_1');
  });
});

describe('choosing tables', () => {
  test('patterns, several tables and none', async () => {
    const { source, target, backup, restore } = await makeScene();
    await source.client.query(`CREATE TABLE one (id int PRIMARY KEY); CREATE TABLE two (id int PRIMARY KEY);
      CREATE SCHEMA news; CREATE TABLE news.three (id int PRIMARY KEY REFERENCES two)`);
    await source.client.query('INSERT INTO two VALUES (1); INSERT INTO news.three VALUES (1)');
    await backup();
    await expect(restore({ into: 'x' })).rejects.toMatchObject({ code: 'E_USAGE' });
    await expect(restore({ tables: ['tow'] })).rejects.toMatchObject({
      code: 'E_TABLE_NOT_FOUND',
      hint: expect.stringContaining('two') as unknown,
    });
    expect((await restore({ tables: ['news.*'] })).tables).toHaveLength(1);
    expect((await restore({ tables: ['ONE', 'tw*'] })).tables.map(({ table }) => table)).toEqual([
      'public.one',
      'public.two',
    ]);
    expect(await copyText(target.client, 'news.three')).toEqual(['1']);
  });

  test('a foreign key to a table that is not there is left out, with the statement that adds it', async () => {
    const scene = await makeScene();
    await scene.source.client.query(`CREATE TABLE one (id int PRIMARY KEY);
      CREATE TABLE two (id int PRIMARY KEY REFERENCES one)`);
    await scene.backup();
    await scene.restore({ tables: ['two'] });
    expect(scene.logged.join('\n')).toContain(
      'ALTER TABLE "public"."two" ADD CONSTRAINT "two_id_fkey" FOREIGN KEY (id) REFERENCES public.one(id);',
    );
  });
});

describe('what is checked before anything is written', () => {
  test('--dry-run says what would become of each table, and writes nothing', async () => {
    const { target, input } = await articlesScene();
    const before = await relations(target.client);
    const plan = await dryRunRestore(await input({ into: 'fresh.copy' }));
    expect(plan.objects.schemas).toMatchObject([{ name: 'fresh' }]);
    expect(plan.tables).toMatchObject([
      { action: 'create', holdsRows: false, target: { schema: 'fresh', name: 'copy' } },
    ]);
    expect(await relations(target.client)).toEqual(before);
  });

  test('a role that may not create in the database or schema is told the GRANT', async () => {
    const { target, restore } = await articlesScene();
    const role = await createRole(target);
    const denied = (hint: string) =>
      expect.objectContaining({
        code: 'E_TARGET_PRIVILEGE',
        hint: expect.stringContaining(hint) as unknown,
      }) as unknown;
    await expect(restore({}, role.url)).rejects.toEqual(
      denied(`GRANT CREATE ON DATABASE "${target.name}" TO "${role.user}";`),
    );
    await target.client.query(`GRANT CREATE ON DATABASE ${target.name} TO ${role.user}`);
    await expect(restore({}, role.url)).rejects.toEqual(
      denied(`GRANT USAGE, CREATE ON SCHEMA "public" TO "${role.user}";`),
    );
    await target.client.query(`GRANT CREATE ON SCHEMA public TO ${role.user}`);
    expect((await restore({}, role.url)).status).toBe('completed');
  });
});
