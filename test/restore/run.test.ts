import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createArticles } from '../support/articles.ts';
import { startCluster } from '../support/postgres.ts';
import { catalogue, copyText, makeScene, relations } from './support.ts';

const insert = `INSERT INTO articles (title, content, publication, source_url, timestamp, quality_score,
  newsworthiness_score, unusualness_score) VALUES ('t', 'c', 'p', 'u', now(), 1, 2, 3) RETURNING id`;

describe('restore into an empty database', () => {
  test('articles come back equal, row by row and in the catalogue, and the next insert works (law 1)', async () => {
    const scene = await makeScene();
    const { source, target } = scene;
    await createArticles(source.client, { count: 1250 });
    await source.client.query('CREATE INDEX articles_publication ON articles (publication, lower(title))');
    await source.client.query(
      "ALTER TABLE articles ADD CHECK (quality_score >= 0), ALTER publication SET DEFAULT 'x;y'",
    );
    await scene.backup();
    const result = await scene.restore();
    const wanted = await copyText(source.client, 'articles');
    expect(await copyText(target.client, 'articles')).toEqual(wanted);
    expect(wanted).toHaveLength(1250);
    expect(await catalogue(target.client, 'articles')).toEqual(await catalogue(source.client, 'articles'));
    const next = (await target.client.query<{ id: number }>(insert)).rows[0]?.id;
    expect(next).toBe((await source.client.query<{ id: number }>(insert)).rows[0]?.id);
    expect(result).toMatchObject({
      status: 'completed',
      tables: [{ table: 'public.articles', rows: 1250, digest: expect.stringMatching(/^[0-9a-f]{16}$/) }],
    });
    expect(scene.logged.join('\n')).toContain(`the digest ${result.tables[0]?.digest} of the restore point`);
    expect((await relations(target.client)).filter((name) => name.includes('storydredge'))).toEqual([]);
  });

  test('each restore point comes back as it was: inserts, updates, deletes and late commits', async () => {
    const scene = await makeScene();
    const { source, target } = scene;
    await createArticles(source.client, { count: 450 });
    const states: { readonly at: string; readonly rows: string[] }[] = [];
    const late = await source.connect();
    const changes = [
      'SELECT 1',
      `UPDATE articles SET title = 'changed' WHERE id % 97 = 0`,
      `DELETE FROM articles WHERE id BETWEEN 100 AND 120`,
      insert,
      'UPDATE articles SET id = 100000 + id WHERE id = 300',
    ];
    await late.query(`BEGIN; ${insert}`);
    for (const change of changes) {
      await source.client.query(change);
      const at = await scene.backup();
      states.push({ at, rows: await copyText(source.client, 'articles') });
    }
    await late.query('COMMIT');
    states.push({ at: await scene.backup(), rows: await copyText(source.client, 'articles') });
    for (const { at, rows } of states) {
      await scene.restore({ at, clean: true });
      expect(await copyText(target.client, 'articles')).toEqual(rows);
    }
    expect(new Set(states.map(({ rows }) => rows.join('\n'))).size).toBe(6);
  });

  test('foreign keys, identity, generated columns, composite keys, odd names and other schemas', async () => {
    const scene = await makeScene();
    const { source, target } = scene;
    await source.client.query(tricky);
    await source.client.query(`SELECT nextval('"Odd ""S""".shared'), nextval('"Odd ""S""".shared')`);
    await scene.backup();
    await scene.restore();
    // Once into an empty database, and once in place of what that made.
    expect((await scene.restore({ clean: true })).tables).toHaveLength(3);
    for (const table of trickyTables) {
      expect(await copyText(target.client, table)).toEqual(await copyText(source.client, table));
      expect(await catalogue(target.client, table)).toEqual(await catalogue(source.client, table));
    }
    const more = `INSERT INTO "Odd ""S""".pärents (label) VALUES ('next') RETURNING *`;
    const rowOf = async (client: typeof target.client) => (await client.query<object>(more)).rows;
    expect(await rowOf(target.client)).toEqual(await rowOf(source.client));
    const shared = `SELECT nextval('"Odd ""S""".shared') AS value`;
    expect((await target.client.query<object>(shared)).rows).toEqual(
      (await source.client.query<object>(shared)).rows,
    );
  });

  test('a table without a key, whose block ranges have patches', async () => {
    const scene = await makeScene();
    const { source, target } = scene;
    await source.client.query(
      'CREATE TABLE events (n int); INSERT INTO events SELECT generate_series(1, 20)',
    );
    await scene.backup();
    await source.client.query('INSERT INTO events VALUES (20), (21)');
    const manifest = await scene.backup();
    expect(readFileSync(join(scene.storeFolder, manifest), 'utf8')).toMatch(/"patches": ?\[\s*\{/);
    await scene.restore();
    expect(await copyText(target.client, 'events')).toEqual(await copyText(source.client, 'events'));
  });

  test.each([
    [14, 14],
    [18, 18],
    [14, 18],
  ] as const)('from PostgreSQL %i to %i', async (from, to) => {
    const servers = [await startCluster(from), await startCluster(to)] as const;
    const scene = await makeScene({ sourceServer: servers[0].url(), targetServer: servers[1].url() });
    await createArticles(scene.source.client, { count: 300 });
    await scene.source.client.query(tricky);
    await scene.backup();
    await scene.restore();
    for (const table of ['articles', ...trickyTables]) {
      expect(await copyText(scene.target.client, table)).toEqual(await copyText(scene.source.client, table));
      expect(await catalogue(scene.target.client, table)).toEqual(
        await catalogue(scene.source.client, table),
      );
    }
  });
});

const trickyTables = ['"Odd ""S""".pärents', '"Odd ""S"""."odd; name"', 'public.events'];
const tricky = `
  CREATE SCHEMA "Odd ""S""";
  CREATE SEQUENCE "Odd ""S""".shared INCREMENT 5;
  CREATE TABLE "Odd ""S""".pärents (
    id bigint GENERATED ALWAYS AS IDENTITY (START 1000 INCREMENT BY 7) PRIMARY KEY,
    label text COLLATE "C" NOT NULL DEFAULT 'a''b\\c',
    shout text GENERATED ALWAYS AS (upper(label) || '\t') STORED,
    twice numeric(12,2) GENERATED ALWAYS AS (length(label) * 2) STORED,
    spare integer DEFAULT nextval('"Odd ""S""".shared'::regclass) UNIQUE,
    "Ünïque ""q""" varchar(20),
    self bigint REFERENCES "Odd ""S""".pärents (id) );
  CREATE TABLE "Odd ""S"""."odd; name" (
    a integer, b text COLLATE "C", parent bigint, note character(3),
    at timestamp(3) with time zone[] DEFAULT ARRAY[now()],
    CONSTRAINT "pk; DROP" PRIMARY KEY (b, a),
    CONSTRAINT "fk (" FOREIGN KEY (parent) REFERENCES "Odd ""S""".pärents (id) ON DELETE CASCADE DEFERRABLE,
    CONSTRAINT "c--k" CHECK (a > 0 AND b <> ';') );
  CREATE TABLE public.events (id smallserial PRIMARY KEY, parent bigint REFERENCES "Odd ""S""".pärents, span interval day to second(3));
  CREATE INDEX "i; x" ON "Odd ""S"""."odd; name" USING btree (parent DESC NULLS LAST, lower(b)) INCLUDE (note) WHERE (b <> '--');
  CREATE UNIQUE INDEX ON public.events (parent) WHERE parent IS NOT NULL;
  INSERT INTO "Odd ""S""".pärents (label) SELECT 'label ' || n || E'\\t\\\\x\\n' FROM generate_series(1, 250) AS n;
  INSERT INTO "Odd ""S""".pärents (label) VALUES ('');
  UPDATE "Odd ""S""".pärents SET self = 1000, "Ünïque ""q""" = E'\\b' WHERE id > 1500;
  INSERT INTO "Odd ""S"""."odd; name" SELECT n % 50 + 1, 'k' || n, 1000 + 7 * (n % 100), 'ab' FROM generate_series(1, 300) AS n;
  INSERT INTO public.events (parent, span) VALUES (1007, '1 day 02:03:04.5'), (NULL, NULL);
`;
