import { beforeAll, expect, test } from 'vitest';
import { ScanPace } from '../../src/backup/scan-pace.ts';
import { SpreadScans } from '../../src/backup/scan-sessions.ts';
import { readSessions } from '../../src/backup/read-server.ts';
import { changeRate, shareRate, type SharedRate } from '../../src/core/rate-limit.ts';
import { openSnapshot } from '../../src/postgres/snapshot.ts';
import { listChangedRows } from '../../src/ranges/changed-rows.ts';
import { scanRanges } from '../../src/ranges/fingerprints.ts';
import type { SnapshotReader } from '../../src/ranges/range-source.ts';
import { openSession } from '../postgres/sessions.ts';
import { everything, see } from '../ranges/support.ts';
import { cleanUpLater } from '../support/clean-up.ts';
import { createDatabase, type TestDatabase } from '../support/postgres.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
  await database.client.query(`
    CREATE TABLE t (id int PRIMARY KEY);
    INSERT INTO t SELECT generate_series(1, 20000);
    ANALYZE t`);
});

const never = new AbortController().signal;

/** Until when what was booked is paid for, in seconds of the monotonic clock. */
function paidUntil({ schedule }: SharedRate): number {
  return Number(new BigInt64Array(schedule)[0]) / 1e9;
}

test('what the server works is booked as so many bytes of the rate, and the way to it is not', async () => {
  const session = await openSession(database.url);
  const rate = shareRate(1e9);
  const reader = new ScanPace(rate, never).hold(session);
  await reader.query('SELECT 1');
  expect(paidUntil(rate)).toBe(0);
  changeRate(rate, 20e6);
  const startedAt = Number(process.hrtime.bigint()) / 1e9;
  expect(await reader.query(`SELECT 7 AS seven FROM pg_sleep(0.1)`)).toEqual([{ seven: '7' }]);
  // 0.1 s of work is 10 MB, half a second at this rate; a tenth of a second may be caught up with.
  expect(paidUntil(rate) - startedAt).toBeGreaterThan(0.4);
});

test('a rate that grows meanwhile is waited for no longer', async () => {
  const rate = shareRate(1);
  const reader = new ScanPace(rate, never).hold(await openSession(database.url));
  await reader.query('SELECT 1');
  const waiting = reader.query('SELECT pg_sleep(0.05)');
  changeRate(rate, 1e12);
  // Five million seconds at the rate with which it began.
  await waiting;
});

test('who waits for the rate is told to stop', async () => {
  const stop = new AbortController();
  const reader = new ScanPace(shareRate(1), stop.signal).hold(await openSession(database.url));
  await reader.query('SELECT 1');
  const waiting = reader.query('SELECT pg_sleep(0.05)');
  stop.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow();
});

test('a statement looks at a few rows, and what it finds is the same', async () => {
  const seen = await see(database, 't');
  const ranges = (await seen.cut(everything, 1000)).map((range) => ({ ...range, asOf: '0' }));
  const texts: string[] = [];
  const reader: SnapshotReader = {
    query: (text, values) => {
      texts.push(text);
      return seen.session.query(text, values);
    },
  };
  const leader = { reader, xids: seen.xids };
  const sessions = {
    leader,
    width: 1,
    use: <T>(work: (session: typeof leader) => Promise<T>) => work(leader),
  };
  const scan = (rowsAtOnce?: number) =>
    scanRanges({ ...sessions, rowsAtOnce }, seen.source, seen.xmin, ranges);
  const list = (rowsAtOnce?: number) => listChangedRows(reader, seen.source, ranges, rowsAtOnce);
  const statements = async (work: () => Promise<unknown>, pattern: RegExp) => {
    texts.length = 0;
    await work();
    return texts.filter((text) => pattern.test(text)).length;
  };
  expect(await scan(3000)).toEqual(await scan());
  expect(await list(3000)).toEqual(await list());
  expect((await list(3000)).flat()).toHaveLength(20_000);
  // The first and the nineteen others have bounds of different shapes.
  expect(await statements(() => scan(), /version_digest/)).toBe(2);
  expect(await statements(() => scan(3000), /version_digest/)).toBe(1 + Math.ceil(19 / 3));
  expect(await statements(() => list(3000), /s\.x >= r\.as_of/)).toBe(1 + Math.ceil(19 / 3));
  expect(await statements(() => scan(1), /version_digest/)).toBe(20);
});

test('those who scan for a run with a rate keep to it, the leader and the others', async () => {
  const session = await openSession(database.url);
  const snapshot = await openSnapshot(session);
  const sessions = readSessions({ databaseUrl: database.url });
  cleanUpLater(() => sessions.close());
  const settings = { maxWorkers: 4, maxRate: 100e6, chunkSize: 10 };
  const rate = shareRate(100e6);
  const open = (parts: { rate?: SharedRate }) =>
    SpreadScans.open({ settings, signal: never }, session, snapshot, { sessions, isAlone: false, ...parts });
  const scans = await open({ rate });
  expect(scans.rowsAtOnce).toBe(7500);
  expect((await open({})).rowsAtOnce).toBeUndefined();
  const paid: number[] = [];
  const work = async (sql: string) => {
    await scans.use(({ reader }) => reader.query(sql));
    paid.push(paidUntil(rate));
  };
  await work('SELECT 1');
  expect(paid).toEqual([0]);
  await Promise.all([work('SELECT pg_sleep(0.02)'), work('SELECT pg_sleep(0.04)')]);
  const [, first = 0, second = 0] = paid;
  expect(first).toBeGreaterThan(0);
  expect(second).toBeGreaterThan(first);
});
