import { describe, expect, test } from 'vitest';
import { copyText, makeScene, relations } from './support.ts';

describe('values that name other objects', () => {
  test('come back once what they name is there; until then nothing is restored', async () => {
    const scene = await makeScene();
    await scene.source.client.query(`CREATE TABLE named (id int PRIMARY KEY);
      CREATE TABLE names (id int PRIMARY KEY, v regclass); INSERT INTO names VALUES (1, 'pg_class'), (2, 'named'), (3, 0)`);
    await scene.backup();
    await expect(scene.restore()).rejects.toMatchObject({
      code: 'E_DB_QUERY',
      message: expect.stringMatching(
        /loading public\.names: .*, COPY names, line 2, column v: "public\.named"/,
      ),
      hint: expect.stringContaining('restore that first'),
    });
    expect(await relations(scene.target.client)).toEqual(['public']);
    await scene.restore({ tables: ['named'] });
    await scene.restore({ tables: ['names'] });
    expect(await copyText(scene.target.client, 'names')).toEqual(
      await copyText(scene.source.client, 'names'),
    );
  });

  test('are read again when what they name is replaced (law 1)', async () => {
    const scene = await makeScene();
    await scene.source.client
      .query(`CREATE TABLE named (id int PRIMARY KEY); CREATE TYPE pair AS (a int, b regtype[]);
      CREATE TABLE names (id int PRIMARY KEY, v pair); INSERT INTO names VALUES (1, '(1,{named})')`);
    await scene.backup();
    await scene.target.client.query(
      'CREATE TABLE named (other int); CREATE TYPE pair AS (a int, b regtype[])',
    );
    await expect(scene.restore({ clean: true })).rejects.toMatchObject({
      code: 'E_RESTORE_MISMATCH',
      message: 'values of public.names name what this restore replaces',
      hint: expect.stringContaining('with a restore of their own'),
    });
    expect(await copyText(scene.target.client, 'named')).toEqual([]);
    await scene.restore({ clean: true, tables: ['named'] });
    await scene.restore({ clean: true });
    expect(await copyText(scene.target.client, 'names')).toEqual(
      await copyText(scene.source.client, 'names'),
    );
  });
});

test('values of a type that PostgreSQL never reads back are warned of by the backup, and refused by the restore', async () => {
  const scene = await makeScene();
  const type = 'CREATE TYPE holder AS (tree pg_node_tree)';
  for (const { client } of [scene.source, scene.target]) await client.query(type);
  await scene.source.client.query(`CREATE TABLE t (id int DEFAULT 1 PRIMARY KEY, v holder);
    INSERT INTO t SELECT 1, ROW(adbin)::holder FROM pg_attrdef WHERE adrelid = 't'::regclass`);
  await scene.backup();
  const warning =
    'warn public.t cannot be restored with its values of type pg_node_tree: PostgreSQL reads none back';
  expect(scene.logged).toContain(warning);
  await expect(scene.restore()).rejects.toMatchObject({
    code: 'E_DB_QUERY',
    message: expect.stringContaining('cannot accept a value of type pg_node_tree, COPY t, line 1, column v'),
    hint: expect.stringContaining('docs/types.md'),
  });
  expect(await relations(scene.target.client)).toEqual(['public', 'public.holder']);
});
