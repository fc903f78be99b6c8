import { beforeAll, expect, test, vi } from 'vitest';
import { SnapshotGivenUp } from '../../src/backup/give-way.ts';
import { SpreadScans } from '../../src/backup/scan-sessions.ts';
import { readSessions, type ReadSessions } from '../../src/backup/read-server.ts';
import { keySource } from '../../src/backup/open-table.ts';
import { shareRate } from '../../src/core/rate-limit.ts';
import { openSnapshot, type Snapshot } from '../../src/postgres/snapshot.ts';
import { keyStrategy } from '../../src/ranges/key-strategy.ts';
import { readXidBase } from '../../src/ranges/range-source.ts';
import type { ScanSession } from '../../src/ranges/scan-sessions.ts';
import { openSession } from '../postgres/sessions.ts';
import { see } from '../ranges/support.ts';
import { cleanUpLater } from '../support/clean-up.ts';
import { createDatabase, createRole, type TestDatabase } from '../support/postgres.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
  await database.client.query(`
    CREATE TABLE t (id int PRIMARY KEY);
    INSERT INTO t SELECT generate_series(1, 3000);
    GRANT SELECT ON t TO PUBLIC`);
});

interface Scans {
  readonly scans: SpreadScans;
  readonly sessions: ReadSessions;
  readonly snapshot: Snapshot;
  readonly leader: ScanSession;
}

async function open(url: string, most: number): Promise<Scans> {
  const session = await openSession(url);
  const snapshot = await openSnapshot(session);
  const leader = { reader: session, xids: await readXidBase(session) };
  const { signal } = new AbortController();
  const sessions = readSessions({ databaseUrl: url });
  cleanUpLater(() => sessions.close());
  const parts = {
    leader,
    snapshotId: snapshot.id,
    sessions,
    most,
    chunkSize: 10,
    signal,
  };
  return { scans: new SpreadScans(parts), sessions, snapshot, leader };
}

/** The backends that two scans at once run in, and what each of them sees of the table. */
async function twoAtOnce({ scans }: Scans): Promise<{ backends: number; rows: unknown[] }> {
  const sql = 'SELECT pg_catalog.pg_backend_pid() AS pid, (SELECT count(*) FROM public.t) AS rows';
  const ask = () => scans.use(({ reader }) => reader.query(sql));
  const answers = (await Promise.all([ask(), ask()])).flat();
  return { backends: new Set(answers.map(({ pid }) => pid)).size, rows: answers.map(({ rows }) => rows) };
}

test('a run that keeps to a rate scans with as many sessions as it reads with', async () => {
  const session = await openSession(database.url);
  const snapshot = await openSnapshot(session);
  const { signal } = new AbortController();
  const widthAt = async (maxRate: number | undefined) => {
    const settings: Parameters<typeof SpreadScans.open>[0]['settings'] = {
      maxWorkers: 4,
      chunkSize: 10,
      maxRate,
    };
    const sessions = readSessions({ databaseUrl: database.url });
    const scans = await SpreadScans.open({ settings, signal }, session, snapshot, {
      sessions,
      isAlone: false,
    });
    return scans.width;
  };
  expect(await widthAt(50e6)).toBe(1);
  expect(await widthAt(60e6)).toBe(2);
  expect(await widthAt(undefined)).toBe(2);
});

test('a second session scans beside the leader and sees its snapshot, until the scans end', async () => {
  const spread = await open(database.url, 4);
  expect(spread.scans.width).toBe(2);
  await database.client.query('INSERT INTO t VALUES (3001)');
  expect(await twoAtOnce(spread)).toEqual({ backends: 2, rows: ['3000', '3000'] });
  await spread.scans.end();
  expect(await twoAtOnce(spread)).toEqual({ backends: 1, rows: ['3000', '3000'] });
  await database.client.query('DELETE FROM t WHERE id = 3001');
});

test('where many rows are expected the second session is opened before anything is scanned, and stays for who reads', async () => {
  const { scans, sessions, snapshot } = await open(database.url, 2);
  const backends = async () => {
    const sql = `SELECT count(*) FROM pg_catalog.pg_stat_activity
                  WHERE datname = current_database() AND application_name LIKE '%reader'`;
    return Number((await database.client.query<{ count: string }>(sql)).rows[0]?.count);
  };
  scans.expect(1999);
  await scans.use(async () => {});
  expect(await backends()).toBe(0);
  scans.expect(2000);
  scans.expect(3000);
  await vi.waitFor(async () => expect(await backends()).toBe(1));
  await scans.end();
  const { signal } = new AbortController();
  await sessions.use(snapshot.id, signal, async () => expect(await backends()).toBe(1));
  await sessions.close();
  await vi.waitFor(async () => expect(await backends()).toBe(0));
});

test('who plans stops where the snapshot is to be given up, and who ships does not', async () => {
  const session = await openSession(database.url);
  const snapshot = await openSnapshot(session);
  const { signal } = new AbortController();
  const sessions = readSessions({ databaseUrl: database.url });
  cleanUpLater(() => sessions.close());
  for (const rate of [undefined, shareRate(1e12)]) {
    let isGivenUp = false;
    const parts = { sessions, isAlone: false, rate, isGivenUp: () => isGivenUp };
    const scans = await SpreadScans.open({ settings: { maxWorkers: 4 }, signal }, session, snapshot, parts);
    const ask = () => scans.use(({ reader }) => reader.query('SELECT 1 AS one'));
    expect(await ask()).toEqual([{ one: '1' }]);
    isGivenUp = true;
    await expect(ask()).rejects.toThrow(SnapshotGivenUp);
    await expect(scans.leader.reader.query('SELECT 1')).rejects.toThrow(SnapshotGivenUp);
    await scans.end();
    expect(await ask()).toEqual([{ one: '1' }]);
  }
});

test('the second session is asked once for the xids of its transaction', async () => {
  const { scans } = await open(database.url, 2);
  await database.client.query('SELECT pg_catalog.pg_current_xact_id()');
  const bases: unknown[] = [];
  for (let turn = 0; turn < 3; turn++) {
    const ask = () => scans.use(async ({ reader, xids }) => ({ xids, itsOwn: await readXidBase(reader) }));
    const [, second] = await Promise.all([ask(), ask()]);
    // Another transaction has begun since the leader's.
    expect(second.xids).toEqual(second.itsOwn);
    bases.push(second.xids);
  }
  expect(bases[0]).not.toEqual(scans.leader.xids);
  expect(bases.every((base) => base === bases[0])).toBe(true);
});

test('where the session that was expected cannot be opened the leader scans alone', async () => {
  const { url } = await createRole(database, 'CONNECTION LIMIT 1');
  const spread = await open(url, 4);
  spread.scans.expect(3000);
  expect(await twoAtOnce(spread)).toEqual({ backends: 1, rows: ['3000', '3000'] });
  expect(spread.scans.width).toBe(1);
});

test('where the server has no room for another session the leader scans alone', async () => {
  const { url } = await createRole(database, 'CONNECTION LIMIT 1');
  const spread = await open(url, 4);
  expect(await twoAtOnce(spread)).toEqual({ backends: 1, rows: ['3000', '3000'] });
  expect(spread.scans.width).toBe(1);
});

test('many ranges scanned by two sessions have the fingerprints that one session finds', async () => {
  const seen = await see(database, 't');
  const { scans, snapshot, leader } = await open(database.url, 2);
  const source = keySource(seen.definition, [], leader.xids);
  const spread = keyStrategy(leader.reader, source, snapshot.facts.xmin, scans);
  const ranges = (await spread.cut({ lo: null, hi: null }, 10)).map((bounds) => ({ ...bounds, asOf: '3' }));
  expect(ranges).toHaveLength(300);
  const alone = await keyStrategy(leader.reader, source, snapshot.facts.xmin).scan(ranges);
  expect(await spread.scan(ranges)).toEqual(alone);
  expect(alone.map(({ rows }) => rows)).toEqual(ranges.map(() => 10));
  expect(alone.map(({ changed }) => changed)).toEqual(ranges.map(() => 10));
});
