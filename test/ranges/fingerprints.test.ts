import type { EmbeddedPostgres } from '../../src/embedded/start-embedded-postgres.ts';
import { beforeAll, expect, test } from 'vitest';
import { listChangedRows } from '../../src/ranges/changed-rows.ts';
import type { Bounds } from '../../src/ranges/range-source.ts';
import { formatDigest } from '../../src/format/digest.ts';
import { createDatabase, startCluster, type TestDatabase } from '../support/postgres.ts';
import { everything, see, valueOf } from './support.ts';

let server: EmbeddedPostgres;
let database: TestDatabase;
beforeAll(async () => {
  // The xmin of a snapshot is held back by writers in any database: a server of its own keeps others out.
  server = await startCluster();
  database = await createDatabase({ serverUrl: server.url() });
});

async function run(...statements: string[]): Promise<void> {
  for (const statement of statements) await database.client.query(statement);
}

/** A table of 100 rows with a wide column, written by several transactions. */
async function fillTable(): Promise<void> {
  await run('DROP TABLE IF EXISTS t', 'CREATE TABLE t (id int PRIMARY KEY, body text)');
  for (let first = 0; first < 100; first += 20) {
    await run(
      `INSERT INTO t SELECT n, repeat(md5(n::text), 100) FROM generate_series(${first}, ${first + 19}) AS n`,
    );
  }
}

/** Fingerprints of fixed ranges in a snapshot of now. */
async function fingerprints() {
  const seen = await see(database, 't');
  const cuts = ['24', '49', '74'].map((id) => [id]);
  const ranges: Bounds[] = [null, ...cuts].map((lo, index) => ({ lo, hi: cuts[index] ?? null }));
  const scans = await seen.scan(ranges);
  await seen.end();
  return scans.map(({ rows, keyDigest, versionDigest }) => ({ rows, keyDigest, versionDigest }));
}

test('fingerprints are the sums that plain SQL gives for the table', async () => {
  await fillTable();
  const seen = await see(database, 't');
  const [scan] = await seen.scan([everything]);
  expect(scan?.rows).toBe(100);
  const sum = async (seed: string) =>
    formatDigest(
      BigInt((await valueOf(seen, `SELECT sum(hashint4extended(id, ${seed})) AS value FROM public.t`)) ?? ''),
    );
  expect(scan?.keyDigest).toBe(await sum('0'));
  expect(scan?.versionDigest).toBe(await sum('xmin::text::bigint'));
  await seen.end();
});

test.each([
  'VACUUM FREEZE t',
  'VACUUM FULL t',
  'CLUSTER t USING t_pkey',
  'ANALYZE t',
  'SELECT * FROM t',
  'REINDEX TABLE t',
])('%s changes no fingerprint', async (statement) => {
  await fillTable();
  await run('DELETE FROM t WHERE id = 30', 'INSERT INTO t VALUES (30, $$moved$$)');
  const before = await fingerprints();
  await run(statement);
  expect(await fingerprints()).toEqual(before);
  await run('VACUUM FULL t', 'VACUUM FREEZE t');
  expect(await fingerprints()).toEqual(before);
});

test.each<[string, number, boolean]>([
  ['INSERT INTO t VALUES (-1, NULL)', 0, false],
  ['INSERT INTO t VALUES (1000, NULL)', 3, false],
  ['DELETE FROM t WHERE id = 30', 1, false],
  ['UPDATE t SET body = body WHERE id = 30', 1, true],
  ['UPDATE t SET id = id + 1000 WHERE id = 99', 3, false],
  ['DELETE FROM t WHERE id = 30; INSERT INTO t VALUES (30, NULL)', 1, true],
  [
    'MERGE INTO t USING (VALUES (60)) AS v(id) ON t.id = v.id WHEN MATCHED THEN UPDATE SET body = NULL',
    2,
    true,
  ],
  ['BEGIN; SAVEPOINT a; UPDATE t SET body = NULL WHERE id = 60; RELEASE a; COMMIT', 2, true],
])('%s changes the fingerprint of its range alone', async (statement, position, keepsKeys) => {
  await fillTable();
  const before = await fingerprints();
  await run(statement);
  const after = await fingerprints();
  const changed = after.map((scan, index) => scan.versionDigest !== before[index]?.versionDigest);
  expect(changed).toEqual([0, 1, 2, 3].map((index) => index === position));
  expect(after[position]?.keyDigest === before[position]?.keyDigest).toBe(keepsKeys);
});

test('what was rolled back changes nothing', async () => {
  await fillTable();
  const before = await fingerprints();
  await run('BEGIN', 'UPDATE t SET body = NULL', 'DELETE FROM t WHERE id < 50', 'ROLLBACK');
  await run('BEGIN', 'SAVEPOINT a', 'DELETE FROM t', 'ROLLBACK TO a', 'COMMIT');
  expect(await fingerprints()).toEqual(before);
});

test('rows written in a subtransaction that was open at the snapshot count as changed', async () => {
  await fillTable();
  const writer = await database.connect();
  for (const statement of [
    'BEGIN',
    'INSERT INTO t VALUES (200)',
    'SAVEPOINT a',
    'INSERT INTO t VALUES (201)',
    'SAVEPOINT b',
  ]) {
    await writer.query(statement);
  }
  await writer.query('INSERT INTO t VALUES (202)');
  await run('INSERT INTO t VALUES (203)');
  const first = await see(database, 't');
  const asOf = first.xmin;
  const [before] = await first.scan([everything]);
  // Committed, but at or above the snapshot's xmin: the next run will meet it again.
  expect(before).toMatchObject({ rows: 101, recent: 1 });
  await first.end();
  await writer.query('COMMIT');
  const second = await see(database, 't');
  const [after] = await second.scan([everything], asOf);
  expect(after).toMatchObject({ rows: 104, changed: 4, recent: 0 });
  const [rows] = await listChangedRows(second.session, second.source, [{ ...everything, asOf }]);
  expect(rows?.map(({ key }) => key)).toEqual([['200'], ['201'], ['202'], ['203']]);
  const written = await valueOf(
    second,
    'SELECT string_agg(xmin::text, $$,$$ ORDER BY id) AS value FROM public.t WHERE id >= 200',
  );
  expect(rows?.map(({ xmin }) => xmin).join()).toBe(written);
  await second.end();
});

test('changed rows come in the order of the key, each with its own range', async () => {
  await fillTable();
  const before = await see(database, 't');
  const asOf = before.xmin;
  await before.end();
  await run('UPDATE t SET body = NULL WHERE id IN (80, 3, 49, 2, 50)');
  const after = await see(database, 't');
  const ranges = [
    { lo: ['49'], hi: ['60'], asOf },
    { lo: null, hi: ['49'], asOf },
    { lo: ['60'], hi: null, asOf: '9223372036854775807' },
    { lo: ['60'], hi: null, asOf },
    { lo: ['1000'], hi: ['2000'], asOf },
  ];
  const lists = await listChangedRows(after.session, after.source, ranges);
  expect(lists.map((rows) => rows.map(({ key }) => key[0]))).toEqual([
    ['50'],
    ['2', '3', '49'],
    [],
    ['80'],
    [],
  ]);
  expect(await listChangedRows(after.session, after.source, [])).toEqual([]);
  expect(await after.scan([])).toEqual([]);
  await after.end();
});

test('thousands of ranges are scanned in batches, each result with its range', async () => {
  await fillTable();
  const seen = await see(database, 't');
  const ranges = Array.from({ length: 4500 }, (_, index) => ({
    lo: [`${index % 90}`],
    hi: [`${(index % 90) + (index % 7)}`],
  }));
  const scans = await seen.scan(ranges);
  expect(scans.map(({ rows }) => rows)).toEqual(ranges.map((_, index) => index % 7));
  await seen.end();
});

test('an interval without rows, and one between two ranges', async () => {
  await fillTable();
  const seen = await see(database, 't');
  expect(await seen.cut({ lo: ['99'], hi: null }, 10)).toEqual([]);
  expect(await seen.cut({ lo: ['200'], hi: ['300'] }, 10)).toEqual([]);
  expect(await seen.cut({ lo: ['94'], hi: ['300'] }, 3)).toEqual([
    { lo: ['94'], hi: ['97'] },
    { lo: ['97'], hi: ['300'] },
  ]);
  expect(await seen.cut({ lo: null, hi: ['1'] }, 2)).toEqual([{ lo: null, hi: ['1'] }]);
  await seen.end();
});

test('rows of all partitions are in the ranges of their table', async () => {
  await run(
    'CREATE TABLE p (id int PRIMARY KEY, body text) PARTITION BY RANGE (id)',
    'CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (50)',
    'CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (50) TO (100)',
    'INSERT INTO p SELECT n FROM generate_series(0, 99) AS n',
  );
  const seen = await see(database, 'p');
  const ranges = await seen.cut(everything, 30);
  expect((await seen.scan(ranges)).map(({ rows }) => rows)).toEqual([30, 30, 30, 10]);
  await seen.end();
});

test('keys of a SQL_ASCII database that are no UTF-8 are refused, others are served (law 1)', async () => {
  const ascii = await createDatabase({
    serverUrl: server.url(),
    clauses: `TEMPLATE template0 ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'`,
  });
  const { client } = ascii;
  await client.query('CREATE TABLE t (id text PRIMARY KEY, body text)');
  await client.query(`INSERT INTO t SELECT 'k' || n, E'\\xff' FROM generate_series(10, 29) AS n`);
  await client.query(`INSERT INTO t VALUES ('\ufffd'), ('é')`);
  const sound = await see(ascii, 't');
  const ranges = await sound.cut(everything, 1);
  expect((await sound.scan(ranges)).every(({ rows }) => rows === 1)).toBe(true);
  const asOf = sound.xmin;
  await sound.end();
  await client.query(`INSERT INTO t VALUES (E'k15\\xe9')`);
  const seen = await see(ascii, 't');
  const refusal = {
    code: 'E_ENCODE',
    message: expect.stringContaining('of table "public"."t" holds bytes that are no UTF-8'),
  };
  await expect(seen.cut(everything, 1)).rejects.toMatchObject(refusal);
  await expect(listChangedRows(seen.session, seen.source, [{ ...everything, asOf }])).rejects.toMatchObject(
    refusal,
  );
  await seen.end();
});
