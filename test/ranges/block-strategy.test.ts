import { beforeAll, expect, test } from 'vitest';
import { sumDigests } from '../../src/format/digest.ts';
import { blockStrategy } from '../../src/ranges/block-strategy.ts';
import { gapsBetween } from '../../src/ranges/cut.ts';
import type { Bounds } from '../../src/ranges/range-source.ts';
import type { RangeStrategy } from '../../src/ranges/strategy.ts';
import { createDatabase, startCluster, type TestDatabase } from '../support/postgres.ts';
import { cutByAndBy, everything, see, valueOf, type Seen } from './support.ts';

let database: TestDatabase;
beforeAll(async () => {
  const server = await startCluster();
  database = await createDatabase({ serverUrl: server.url() });
});

async function run(...statements: string[]): Promise<void> {
  for (const statement of statements) await database.client.query(statement);
}

/** A table without a key, its rows over some 20 blocks with holes in between. */
async function fillTable(): Promise<void> {
  await run(
    'DROP TABLE IF EXISTS t',
    'CREATE TABLE t (n int, body text)',
    `INSERT INTO t SELECT n, repeat('x', 200) FROM generate_series(1, 700) AS n`,
    'DELETE FROM t WHERE n BETWEEN 100 AND 300 OR n % 7 = 0',
    'VACUUM ANALYZE t',
  );
}

async function open(): Promise<{ seen: Seen; strategy: RangeStrategy }> {
  const seen = await see(database, 't');
  const blocks = Number(await valueOf(seen, `SELECT pg_relation_size('public.t') / 8192 AS value`));
  const facts = { relation: 'ONLY "public"."t"', xids: seen.xids, blocks, estimatedRows: 450 };
  return { seen, strategy: blockStrategy(seen.session, facts, seen.xmin) };
}

const known = (ranges: readonly Bounds[], asOf: string | null = null) =>
  ranges.map(({ lo, hi }) => ({ lo, hi, asOf }));

test('block ranges of any size hold every row once (law 1)', async () => {
  await fillTable();
  const { seen, strategy } = await open();
  const count = Number(await valueOf(seen, 'SELECT count(*) AS value FROM public.t'));
  const [whole] = await strategy.scan(known([everything]));
  expect(whole?.rows).toBe(count);
  for (const size of [1, 30, 100, 100_000]) {
    const ranges = await strategy.cut(everything, size);
    expect(gapsBetween(ranges)).toHaveLength(1);
    const cut = (interval: Bounds, most: number) => strategy.cut(interval, size, undefined, most);
    for (const most of [1, 2, ranges.length]) expect(await cutByAndBy(cut, everything, most)).toEqual(ranges);
    const scans = await strategy.scan(known(ranges));
    expect(scans.reduce((sum, { rows }) => sum + rows, 0)).toBe(count);
    expect(sumDigests(scans.map(({ keyDigest }) => keyDigest))).toBe(whole?.keyDigest);
    expect(sumDigests(scans.map(({ versionDigest }) => versionDigest))).toBe(whole?.versionDigest);
    expect(await strategy.sort(ranges.toReversed())).toEqual(ranges);
    for (const [index, { lo, hi }] of ranges.entries()) {
      const inside = `${lo ? `ctid > '${lo[0]}'` : 'true'} AND ${hi ? `ctid <= '${hi[0]}'` : 'true'}`;
      const rows = await valueOf(seen, `SELECT count(*) AS value FROM public.t WHERE ${inside}`);
      expect(scans[index]?.rows).toBe(Number(rows));
    }
  }
  await seen.end();
});

test('ranges with gaps between them, out of order, each get their own rows', async () => {
  await fillTable();
  const { seen, strategy } = await open();
  const at = (block: number) => [`(${block},65535)`];
  const ranges: Bounds[] = [
    { lo: at(12), hi: null },
    { lo: null, hi: at(1) },
    { lo: at(4), hi: at(5) },
  ];
  const scans = await strategy.scan(known(ranges));
  const counts = [
    'ctid > $$(12,65535)$$',
    'ctid <= $$(1,65535)$$',
    'ctid > $$(4,65535)$$ AND ctid <= $$(5,65535)$$',
  ];
  for (const [index, inside] of counts.entries()) {
    const rows = await valueOf(seen, `SELECT count(*) AS value FROM public.t WHERE ${inside}`);
    expect(scans[index]?.rows).toBe(Number(rows));
  }
  await seen.end();
});

test('VACUUM and freezing change nothing; what takes the place of a dead row does (law 1)', async () => {
  await fillTable();
  const scanNow = async () => {
    const { seen, strategy } = await open();
    const scan = await strategy.scan(known([everything], seen.xmin));
    await seen.end();
    return { ...scan[0], asOf: seen.xmin };
  };
  const before = await scanNow();
  await run('VACUUM FREEZE t');
  const { asOf: _, ...frozen } = await scanNow();
  expect(before).toMatchObject(frozen);
  const place = `SELECT ctid::text AS place FROM t WHERE n = 50`;
  const dead = (await database.client.query<{ place: string }>(place)).rows[0]?.place;
  await run('DELETE FROM t WHERE n = 50', 'VACUUM t');
  for (let n = 1000; n < 1300; n++) await run(`INSERT INTO t VALUES (${n}, repeat('x', 200))`);
  const { rows } = await database.client.query<{ n: number }>('SELECT n FROM t WHERE ctid = $1::tid', [dead]);
  expect(rows[0]?.n).toBeGreaterThanOrEqual(1000);
  const { seen, strategy } = await open();
  const hi = [`(${/\d+/.exec(dead ?? '')?.[0]},65535)`];
  const [after] = await strategy.scan(known([{ lo: null, hi }], before.asOf));
  const [listed] = await strategy.listChanged(known([{ lo: null, hi }], before.asOf));
  expect(listed?.map(({ key }) => key[0])).toContain(dead);
  expect(listed).toHaveLength(after?.changed ?? -1);
  const written = await valueOf(seen, `SELECT xmin AS value FROM public.t WHERE ctid = '${dead}'`);
  expect(listed?.find(({ key }) => key[0] === dead)?.xmin).toBe(written);
  await seen.end();
});

test('an empty table has no rows in any range', async () => {
  await run('DROP TABLE IF EXISTS t', 'CREATE TABLE t (n int)');
  const { seen, strategy } = await open();
  expect(await strategy.cut(everything, 10)).toEqual([]);
  expect(await strategy.scan(known([everything]))).toMatchObject([{ rows: 0, changed: 0, recent: 0 }]);
  expect(await strategy.listChanged([])).toEqual([]);
  await seen.end();
});
