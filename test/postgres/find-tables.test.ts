import { beforeAll, expect, test } from 'vitest';
import { findTables } from '../../src/postgres/find-tables.ts';
import type { Session } from '../../src/postgres/session.ts';
import { createDatabase, type TestDatabase } from '../support/postgres.ts';
import { openSession } from './sessions.ts';

let database: TestDatabase;
let session: Session;
beforeAll(async () => {
  database = await createDatabase();
  await database.client.query(`
    CREATE SCHEMA news; CREATE SCHEMA old; CREATE SCHEMA "Odd.Schema";
    CREATE TABLE articles(); CREATE TABLE news.articles(); CREATE TABLE news.only_here();
    CREATE TABLE news.twice(); CREATE TABLE old.twice();
    CREATE TABLE "Odd.Schema"."Odd ""Name"""(); CREATE TABLE "Mixed"(); CREATE TABLE "a*"(); CREATE TABLE "a.b"();
    CREATE UNLOGGED TABLE unlogged(); CREATE TEMP TABLE temporary();
    CREATE TABLE parent(); CREATE TABLE child() INHERITS (parent);
    CREATE TABLE events(id int, at date) PARTITION BY RANGE (at);
    CREATE TABLE events_2024 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01') PARTITION BY LIST (id);
    CREATE TABLE events_2024_1 PARTITION OF events_2024 FOR VALUES IN (1);
    CREATE VIEW a_view AS SELECT 1 AS x; CREATE MATERIALIZED VIEW a_matview AS SELECT 1 AS x;
    CREATE EXTENSION file_fdw; CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;
    CREATE FOREIGN TABLE a_foreign(x text) SERVER files OPTIONS (filename '/dev/null');
    CREATE TABLE mixed_parts(x text) PARTITION BY LIST (x);
    CREATE TABLE mixed_parts_a PARTITION OF mixed_parts FOR VALUES IN ('a');
    CREATE FOREIGN TABLE mixed_parts_b PARTITION OF mixed_parts FOR VALUES IN ('b') SERVER files OPTIONS (filename '/dev/null');
    CREATE TABLE owned_by_extension(); ALTER EXTENSION file_fdw ADD TABLE owned_by_extension;
    SELECT lo_create(0), lo_create(0);`);
  session = await openSession(database.url);
});

async function find(...patterns: string[]): Promise<string[]> {
  const { tables } = await findTables(session, patterns);
  return tables.map(({ schema, name }) => `${schema}.${name}`);
}

test('* is every user table, and what else there is, is named', async () => {
  const { tables, partitionedTables, uncovered } = await findTables(session, ['*']);
  expect(partitionedTables.map(({ name }) => name)).toEqual(['events', 'events_2024', 'mixed_parts']);
  expect(tables.map(({ schema, name }) => `${schema}.${name}`)).toEqual([
    'Odd.Schema.Odd "Name"',
    'news.articles',
    'news.only_here',
    'news.twice',
    'old.twice',
    'public.Mixed',
    'public.a*',
    'public.a.b',
    'public.articles',
    'public.child',
    'public.events_2024_1',
    'public.mixed_parts_a',
    'public.parent',
    'public.unlogged',
  ]);
  const lasting = uncovered.filter(({ reason }) => reason !== 'temporary table');
  expect(uncovered.filter((one) => !lasting.includes(one))).toMatchObject([
    { schema: expect.stringMatching(/^pg_temp_\d+$/), name: 'temporary' },
  ]);
  expect(lasting.map(({ name, reason }) => `${name}: ${reason}`)).toEqual([
    'a_foreign: foreign table',
    'a_matview: materialized view',
    'a_view: view',
    'mixed_parts_b: foreign table',
    'owned_by_extension: belongs to extension file_fdw',
    'pg_largeobject: 2 large objects',
  ]);
});

test.each([
  ['articles', ['public.articles']],
  ['news.articles', ['news.articles']],
  ['only_here', ['news.only_here']],
  ['ARTICLES', ['public.articles']],
  ['Mixed', ['public.Mixed']],
  ['"Mixed"', ['public.Mixed']],
  ['"Odd.Schema"."Odd ""Name"""', ['Odd.Schema.Odd "Name"']],
  ['"a*"', ['public.a*']],
  ['"a.b"', ['public.a.b']],
  ['news.*', ['news.articles', 'news.only_here', 'news.twice']],
  ['*.articles', ['news.articles', 'public.articles']],
  ['?rticles', ['news.articles', 'public.articles']],
  ['events', ['public.events_2024_1']],
  ['events*', ['public.events_2024_1']],
  ['events_2024', ['public.events_2024_1']],
  ['mixed_parts', ['public.mixed_parts_a']],
  ['events_2024_1', ['public.events_2024_1']],
  ['owned_by_extension', ['public.owned_by_extension']],
])('%s finds %j', async (pattern, expected) => {
  expect(await find(pattern)).toEqual(expected);
});

test('several patterns give each table once, in order of name', async () => {
  expect(await find('news.*', 'articles', '*.articles')).toEqual([
    'news.articles',
    'news.only_here',
    'news.twice',
    'public.articles',
  ]);
});

test('a partition named exactly stands alone; with its partitioned table it is there once', async () => {
  expect(await findTables(session, ['events_2024_1'])).toMatchObject({ partitionedTables: [] });
  expect(await find('events', 'events_2024_1')).toEqual(['public.events_2024_1']);
});

test('what a partitioned table has that is not backed up is named, though the table itself is', async () => {
  expect(await findTables(session, ['mixed_parts'])).toMatchObject({
    tables: [{ name: 'mixed_parts_a' }],
    partitionedTables: [{ name: 'mixed_parts' }],
    uncovered: [{ schema: 'public', name: 'mixed_parts_b', reason: 'foreign table' }],
  });
});

test('tables of other sessions that come and go are not meant by a name', async () => {
  await expect(find('temporary')).rejects.toMatchObject({ code: 'E_TABLE_NOT_FOUND' });
});

test('a partition belongs to its table as the snapshot sees it, also when it is detached meanwhile', async () => {
  const own = await createDatabase();
  await own.client.query(
    'CREATE TABLE p(x int) PARTITION BY LIST (x); CREATE TABLE p_1 PARTITION OF p FOR VALUES IN (1)',
  );
  const reader = await openSession(own.url);
  await reader.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT');
  await own.client.query('ALTER TABLE p DETACH PARTITION p_1');
  expect(await findTables(reader, ['p'])).toMatchObject({ tables: [{ name: 'p_1' }] });
});

test.each([
  ['artcles', 'articles'],
  ['news.onlyhere', 'news.only_here'],
  ['zzz', 'There are'],
  ['zzz*', 'There are'],
  ['"ARTICLES"', 'articles'],
])('%s: no table, and the hint names %s', async (pattern, named) => {
  await expect(find(pattern)).rejects.toMatchObject({
    code: 'E_TABLE_NOT_FOUND',
    hint: expect.stringContaining(named),
  });
});

test.each(['a_view', 'a_matview', 'a_foreign', 'mixed_parts_b'])('%s is no ordinary table', async (name) => {
  await expect(find(name)).rejects.toMatchObject({ code: 'E_TABLE_KIND' });
});

test('a name in several schemas, none of them public, is ambiguous', async () => {
  await expect(find('twice')).rejects.toMatchObject({
    code: 'E_USAGE',
    hint: expect.stringContaining('news.twice, old.twice'),
  });
});

test('an empty database has no tables, which is no error for *', async () => {
  const empty = await openSession((await createDatabase()).url);
  expect(await findTables(empty, ['*'])).toEqual({ tables: [], partitionedTables: [], uncovered: [] });
  await expect(findTables(empty, ['articles'])).rejects.toMatchObject({
    hint: 'The database has no tables.',
  });
});
