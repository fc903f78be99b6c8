import { beforeAll, describe, expect, test } from 'vitest';
import { addDigests } from '../../src/format/digest.ts';
import { areInOrder, cutInterval, sortRanges } from '../../src/ranges/cut.ts';
import { readKeyOperators } from '../../src/ranges/key-operators.ts';
import { listChangedRows } from '../../src/ranges/changed-rows.ts';
import { createDatabase, startCluster, type TestDatabase } from '../support/postgres.ts';
import { keyCases, type KeyCase } from './key-types.ts';
import type { Bounds } from '../../src/ranges/range-source.ts';
import { cutByAndBy, everything, see, valueOf } from './support.ts';

describe.each([17, 14, 18] as const)('PostgreSQL %i', (major) => {
  let database: TestDatabase;
  beforeAll(async () => {
    // The xmin of a snapshot is held back by writers in any database: a server of its own keeps others out.
    const server = await startCluster(major);
    database = await createDatabase({ serverUrl: server.url() });
  });

  test.each(keyCases)('a key of $name: ranges hold each row once (law 1)', async (keyCase) => {
    const { client } = database;
    await createTable(database, keyCase);
    const seen = await see(database, 't');
    const { rows: counted } = await client.query<{ n: number }>('SELECT count(*)::int AS n FROM t');
    const count = counted[0]?.n ?? 0;

    for (const size of [1, 7, count, 1000]) {
      const ranges = await seen.cut(everything, size);
      for (const most of [1, 3, ranges.length]) {
        const cut = (interval: Bounds, some: number) => seen.cut(interval, size, some);
        if (ranges.length / most < 20) expect(await cutByAndBy(cut, everything, most)).toEqual(ranges);
      }
      const scans = await seen.scan(ranges);
      expect(scans.map(({ rows }) => rows)).toEqual(sizes(count, size));
      const whole = await seen.scan([everything]);
      expect(addDigests(...scans.map(({ keyDigest }) => keyDigest))).toBe(whole[0]?.keyDigest);
      expect(addDigests(...scans.map(({ versionDigest }) => versionDigest))).toBe(whole[0]?.versionDigest);
      expect(await areInOrder(seen.session, seen.source, ranges)).toBe(true);
      expect(await sortRanges(seen.session, seen.source, ranges.toReversed())).toEqual(ranges);
      if (ranges.length > 1)
        expect(await areInOrder(seen.session, seen.source, ranges.toReversed())).toBe(false);
    }
    await seen.end();

    const before = await see(database, 't');
    const ranges = await before.cut(everything, 7);
    const old = await before.scan(ranges);
    const asOf = before.xmin;
    await before.end();
    await client.query(`INSERT INTO t VALUES (${keyCase.another})`);
    const after = await see(database, 't');
    const gap = await after.cut({ lo: ranges.at(-1)?.hi ?? null, hi: null }, 7);
    const all = [...ranges, ...gap];
    const now = await after.scan(all, asOf);
    const changed = now.map((scan, index) => scan.versionDigest !== old[index]?.versionDigest);
    expect(changed.filter((is) => is)).toHaveLength(1);
    expect(now.map((scan) => scan.changed)).toEqual(changed.map(Number));
    const lists = await listChangedRows(
      after.session,
      after.source,
      all.map((range) => ({ ...range, asOf })),
    );
    expect(lists.map((list) => list.length)).toEqual(changed.map(Number));
    await after.end();
  });

  test('a type of an extension is compared by its own operators', async () => {
    const { client } = database;
    const { rowCount } = await client.query(`SELECT FROM pg_available_extensions WHERE name = 'citext'`);
    expect(rowCount).toBe(1);
    await client.query('CREATE SCHEMA ext; CREATE EXTENSION citext SCHEMA ext');
    await client.query('DROP TABLE IF EXISTS t; CREATE TABLE t (id ext.citext COLLATE "C" PRIMARY KEY)');
    await client.query(`INSERT INTO t SELECT CASE n % 2 WHEN 0 THEN upper(w) ELSE w END
                        FROM (SELECT md5(n::text) AS w, n FROM generate_series(1, 60) AS n) AS s`);
    const own = await see(database, 't', { operators: 'ext' });
    expect(await readKeyOperators(own.session, own.definition.oid)).toEqual(['ext']);
    const ranges = await own.cut(everything, 7);
    expect((await own.scan(ranges)).map(({ rows }) => rows)).toEqual(sizes(60, 7));
    await own.end();
    // What the search path finds compares it as text: cut in one order and counted in another.
    const wrong = await see(database, 't', { operators: 'pg_catalog' });
    const cut = await cutInterval(wrong.session, wrong.source, everything, 7);
    expect((await wrong.scan(cut)).map(({ rows }) => rows)).not.toEqual(sizes(60, 7));
    await wrong.end();

    await client.query(
      'DROP TABLE t; CREATE TABLE t (a int, id ext.citext COLLATE "C", b int, PRIMARY KEY (a, id, b))',
    );
    await client.query(
      'INSERT INTO t SELECT n % 3, md5((n / 4)::text)::ext.citext, n FROM generate_series(1, 60) AS n',
    );
    const mixed = await see(database, 't');
    expect(await readKeyOperators(mixed.session, mixed.definition.oid)).toEqual([
      'pg_catalog',
      'ext',
      'pg_catalog',
    ]);
    const key = mixed.source.key.map((column, part) =>
      part === 1 ? { ...column, operators: 'ext' } : column,
    );
    const bounds = await cutInterval(mixed.session, { ...mixed.source, key }, everything, 7);
    const counts = await Promise.all(
      bounds.map(({ lo, hi }) =>
        valueOf(
          mixed,
          `SELECT count(*) AS value FROM public.t WHERE ${lo ? `(a, lower(id::text), b) > (${literals(lo)})` : 'true'}
           AND (a, lower(id::text), b) <= (${literals(hi ?? [])})`,
        ),
      ),
    );
    expect(counts.map(Number)).toEqual(sizes(60, 7));
  });
});

function literals([a, id, b]: readonly string[]): string {
  return `${a}, lower('${id}') COLLATE "C", ${b}`;
}

function sizes(count: number, size: number): number[] {
  return Array.from({ length: Math.ceil(count / size) }, (_, index) => Math.min(size, count - index * size));
}

async function createTable({ client }: TestDatabase, keyCase: KeyCase): Promise<void> {
  await client.query('DROP TABLE IF EXISTS t');
  if (keyCase.before) await client.query(keyCase.before);
  await client.query(`CREATE TABLE t (${keyCase.columns}, PRIMARY KEY (${keyCase.key}))`);
  await client.query(`INSERT INTO t ${keyCase.rows}`);
}
