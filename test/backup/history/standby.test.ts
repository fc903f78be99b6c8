import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import type { EmbeddedPostgres } from '../../../src/embedded/start-embedded-postgres.ts';
import { fileFixture, s3Fixture, throttled, until, type BackupJson } from '../../support/backup-fixture.ts';
import { makeStandby, putBack, urlWithPasswordOf } from '../../support/clusters.ts';
import { connectTo, startCluster, type TestDatabase } from '../../support/postgres.ts';
import { chunkFilesOf, manifestsOf, readTable, type Row } from '../../support/restore-point-reader.ts';
import type { LiveProcess } from '../../support/process.ts';
import { execute, session } from './support.ts';

/** A primary, and a standby that waits for no query. */
let primary: string;
let standby: TestDatabase;

beforeAll(async () => {
  const [first, second] = [await startCluster(17), await startCluster(17)];
  primary = first.url();
  await execute(primary, ddl);
  await first.stopServer();
  await second.stopServer();
  await putBack(join(first.folder, 'data'), second);
  await makeStandby(second, first, { max_standby_streaming_delay: '0', hot_standby_feedback: 'off' });
  await first.startServer();
  await second.startServer();
  standby = await asDatabase(first, second);
});

/** `wide` has two ranges of 20 MB each: more than can be on its way to a reader that stands still. */
const ddl = `CREATE TABLE docs (id integer PRIMARY KEY, v text);
  INSERT INTO docs SELECT g, 'value ' || g FROM generate_series(1, 500) g;
  CREATE TABLE wide (id integer PRIMARY KEY, v text);
  ALTER TABLE wide ALTER v SET STORAGE external;
  INSERT INTO wide SELECT g, repeat(md5(g::text), 12500) FROM generate_series(1, 100) g;
  CREATE TABLE other (id integer)`;

async function asDatabase(origin: EmbeddedPostgres, server: EmbeddedPostgres): Promise<TestDatabase> {
  const url = urlWithPasswordOf(origin, server);
  return { name: 'postgres', url, client: await session(url), connect: (config) => connectTo(url, config) };
}

/** Removes rows that the run's snapshot may see: the standby must end the run's statement, or its session, to go on. */
async function conflict(): Promise<void> {
  await execute(primary, 'INSERT INTO other SELECT generate_series(1, 10)');
  await execute(primary, 'DELETE FROM other', 'VACUUM other');
}

async function one<Value>(sql: string): Promise<Value | undefined> {
  const { rows } = await standby.client.query<{ value: Value }>(sql);
  return rows[0]?.value;
}

const conflicts = async () =>
  Number(
    await one("SELECT confl_snapshot AS value FROM pg_stat_database_conflicts WHERE datname = 'postgres'"),
  );

const keysIn = (rows: readonly Row[]) => rows.map(({ id }) => Number(id));

/** Stops the run while the server sends it rows, for sure: the server waits for it then. */
async function stopWhileReading(live: LiveProcess): Promise<void> {
  const reader = "FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'COPY%wide%'";
  const isSending = () => one<boolean>(`SELECT wait_event = 'ClientWrite' AS value ${reader}`);
  await until(async () => {
    if ((await one(`SELECT true AS value ${reader}`)) === undefined) return false;
    live.kill('SIGSTOP');
    for (let look = 0; look < 20; look++) if ((await isSending()) === true) return true;
    live.kill('SIGCONT');
    return false;
  });
}

/** Waits until the standby has received what the primary wrote, and replay goes no further. */
async function untilReplayWaits(): Promise<void> {
  const { rows } = await (
    await session(primary)
  ).query<{ lsn: string }>('SELECT pg_current_wal_lsn() AS lsn');
  let last: string | undefined;
  await until(async () => {
    const received = await one<boolean>(`SELECT pg_last_wal_receive_lsn() >= '${rows[0]?.lsn}' AS value`);
    const replayed = await one<string>('SELECT pg_last_wal_replay_lsn() AS value');
    const waits = received === true && replayed === last;
    last = replayed;
    return waits;
  });
}

test('a read that recovery cancels is tried again with a new snapshot, and what was shipped counts', async () => {
  const fixture = await fileFixture({ database: standby, rows: 0 });
  const live = fixture.spawn('--json', '--table', 'wide', '--chunk-bytes', '100MB');
  await stopWhileReading(live);
  await conflict();
  await untilReplayWaits();
  live.kill('SIGCONT');
  const { exitCode, stdout, stderr } = await live.result;
  expect(exitCode, stderr).toBe(0);
  expect(fixture.logs()).toContain('canceling statement due to conflict with recovery');
  expect(fixture.logs()).toContain('Taking a new snapshot; finished chunks are kept');
  const newest = manifestsOf(fixture.store).at(-1) ?? '';
  const all = Array.from({ length: 100 }, (_, index) => index + 1);
  expect(keysIn(readTable(fixture.store, newest, 'wide'))).toEqual(all);
  // Each row is in the store once: no range was shipped again.
  expect(chunkFilesOf(fixture.store)).toHaveLength(2);
  expect((JSON.parse(stdout) as BackupJson).tables[0]).toMatchObject({ rows: 100 });
});

test('a session that recovery terminates likewise', async () => {
  const fixture = await s3Fixture({ database: standby, rows: 0 });
  const live = await throttled(fixture, 2, '--table', 'docs');
  const before = await conflicts();
  await conflict();
  await until(async () => (await conflicts()) > before);
  fixture.server.faults.clear();
  const { exitCode, stderr } = await live.result;
  expect(exitCode, stderr).toBe(0);
  expect(fixture.logs()).toContain('Taking a new snapshot; finished chunks are kept');
  expect(fixture.chunksStored()).toBe(10);
  expect((await fixture.backup('--table', 'docs')).tables[0]).toMatchObject({ rowsShipped: 0 });
});
