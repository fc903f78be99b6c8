import { beforeAll, describe, expect, test } from 'vitest';
import type { FaultPoint } from '../../src/core/fault-points.ts';
import { fileFixture, s3Fixture, throttled, until, type BackupFixture } from '../support/backup-fixture.ts';
import { createRole } from '../support/postgres.ts';
import { spawnBinary, type LiveProcess } from '../support/process.ts';
import { stopAt, untilStopped } from '../support/stopped-run.ts';
import { startProxy } from '../support/tcp-proxy.ts';

type FileFixture = Awaited<ReturnType<typeof fileFixture>>;

/** Starts a run that stands still at the point. */
function spawnStopping(fixture: FileFixture, point: FaultPoint, url = fixture.database.url): LiveProcess {
  const args = ['--database-url', url, '--store', `file://${fixture.store}`, '--chunk-size', '50', '--json'];
  return spawnBinary(['backup', ...args], { cwd: fixture.folder, env: stopAt(point) });
}

/** Of the run's sessions with this purpose: does that with each, and says how many there were. */
async function withSessions(fixture: BackupFixture, what: string, purpose = '%'): Promise<number> {
  const { rows } = await fixture.database.client.query(
    `SELECT ${what} FROM pg_stat_activity
      WHERE datname = current_database() AND application_name LIKE 'storydredge-backup ${purpose}'`,
  );
  return rows.length;
}

/** Waits until something holds of the session that leads the run. */
async function untilLeader(fixture: BackupFixture, condition: string): Promise<void> {
  await until(async () => {
    const { rows } = await fixture.database.client.query<{ holds: boolean }>(
      `SELECT ${condition} AS holds FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'storydredge-backup leader'`,
    );
    return rows[0]?.holds === true;
  });
}

async function succeeds(live: LiveProcess): Promise<void> {
  const { exitCode, stderr } = await live.result;
  expect(exitCode, stderr).toBe(0);
}

describe('backends that are terminated', () => {
  let fixture: FileFixture;
  beforeAll(async () => {
    fixture = await fileFixture({ rows: 120 });
  });

  test.each<[string, FaultPoint, number]>([
    ['before the snapshot', 'backup.locked', 1],
    ['while it plans', 'backup.snapshot', 2],
    ['before it ships', 'backup.checkpoint.opened', 2],
    ['before it commits', 'backup.shipped', 2],
  ])('%s: the run goes on with new ones', async (when, point, snapshots) => {
    await fixture.database.client.query(`UPDATE articles SET title = '${when}' WHERE id % 40 = 3`);
    const snapshotsBefore = fixture.logs().split('INFO | Snapshot ').length;
    const live = spawnStopping(fixture, point);
    await untilStopped(live);
    expect(await withSessions(fixture, 'pg_terminate_backend(pid, 10000)')).toBeGreaterThan(0);
    live.kill('SIGCONT');
    await succeeds(live);
    expect(fixture.logs().split('INFO | Snapshot ').length - snapshotsBefore).toBe(snapshots);
    expect(await fixture.restored()).toEqual(await fixture.articles());
    expect((await fixture.backup()).tables[0]).toMatchObject({ rowsShipped: 0 });
  });

  test('after the commit: the run has succeeded', async () => {
    await fixture.database.client.query("UPDATE articles SET title = 'late' WHERE id = 3");
    const live = spawnStopping(fixture, 'backup.manifest.stored');
    await untilStopped(live);
    expect(await withSessions(fixture, 'pg_terminate_backend(pid, 10000)')).toBeGreaterThan(0);
    live.kill('SIGCONT');
    await succeeds(live);
    expect(await fixture.restored()).toEqual(await fixture.articles());
  });
});

describe('time limits and locks of others', () => {
  test('timeouts that role or database set do not end a run that waits', async () => {
    const fixture = await fileFixture();
    const { client, name } = fixture.database;
    for (const limit of ['statement_timeout', 'idle_in_transaction_session_timeout', 'transaction_timeout']) {
      await client.query(`ALTER DATABASE ${name} SET ${limit} = '400ms'`);
    }
    const other = await fixture.database.connect();
    await other.query('SET statement_timeout = 0; SET transaction_timeout = 0');
    await other.query('SET idle_in_transaction_session_timeout = 0; BEGIN; LOCK TABLE articles');
    const live = spawnStopping(fixture, 'backup.snapshot');
    await untilLeader(fixture, "wait_event_type = 'Lock' AND clock_timestamp() - query_start > '500ms'");
    await other.query('COMMIT');
    await untilStopped(live);
    await untilLeader(fixture, "state LIKE 'idle in%' AND clock_timestamp() - state_change > '500ms'");
    live.kill('SIGCONT');
    await succeeds(live);
    expect(fixture.logs().match(/INFO \| Snapshot /g)).toHaveLength(1);
    expect(await fixture.restored()).toEqual(await fixture.articles());
  });

  test('an ALTER TABLE that waits behind a run: the run gives its snapshot up for it, and goes on', async () => {
    const fixture = await s3Fixture({ rows: 500 });
    const live = await throttled(fixture, 2);
    const other = await fixture.database.connect();
    const altered = other.query('ALTER TABLE articles ADD COLUMN lang text');
    await live.waitForOutput(
      /WARN \| Session \d+ waits behind this run for an exclusive lock on public.articles/,
    );
    fixture.server.faults.clear();
    await altered;
    await succeeds(live);
    expect(fixture.logs().match(/INFO \| Snapshot /g)).toHaveLength(2);
    expect(await fixture.restored()).toEqual(await fixture.articles());
  });

  test('a statement that somebody cancels ends the run, which says so; the next one succeeds', async () => {
    const fixture = await fileFixture();
    const other = await fixture.database.connect();
    await other.query('BEGIN; LOCK TABLE articles');
    const live = fixture.spawn();
    await untilLeader(fixture, "wait_event_type = 'Lock'");
    await withSessions(fixture, 'pg_cancel_backend(pid)', 'leader');
    const { exitCode, stderr } = await live.result;
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(
      /ERROR E_DB_QUERY: locking the tables: canceling statement .*57014\)\nhint: Somebody/,
    );
    await other.query('COMMIT');
    await fixture.backup();
  });
});

describe('connections', () => {
  test('one only, for the whole role: the session that holds the snapshot reads', async () => {
    const fixture = await fileFixture();
    const role = await createRole(fixture.database, 'CONNECTION LIMIT 1');
    await fixture.database.client.query(`GRANT SELECT ON articles TO ${role.user}`);
    const { tables } = await fixture.backup('--database-url', role.url, '--max-workers', '4');
    expect(tables[0]).toMatchObject({ rowsShipped: 200 });
    expect(fixture.logs()).toContain('WARN | The server has no connection left for readers');
    expect(await fixture.restored()).toEqual(await fixture.articles());
  });

  test('fewer than workers: the run succeeds with those there are', async () => {
    const fixture = await fileFixture();
    const role = await createRole(fixture.database, 'CONNECTION LIMIT 2');
    await fixture.database.client.query(`GRANT SELECT ON articles TO ${role.user}`);
    await fixture.backup('--database-url', role.url, '--max-workers', '4', '--no-adaptive');
    expect(await fixture.restored()).toEqual(await fixture.articles());
  });

  test('reset in the middle: a new snapshot, and finished chunks are kept', async () => {
    const fixture = await s3Fixture({ rows: 500 });
    const proxy = await startProxy(fixture.database.url);
    const live = await throttled(fixture, 2, '--database-url', proxy.through(fixture.database.url));
    proxy.reset();
    fixture.server.faults.clear();
    await succeeds(live);
    expect(fixture.logs()).toContain('Taking a new snapshot; finished chunks are kept');
    expect(fixture.logs()).toMatch(/Resuming: \d+ ranges/);
    expect(await fixture.restored()).toEqual(await fixture.articles());
  });

  test('half-open in the middle: the server is asked, and the run goes on as after a reset', async () => {
    const fixture = await s3Fixture({ rows: 500 });
    const proxy = await startProxy(fixture.database.url);
    const url = `${proxy.through(fixture.database.url)}?keepalives_idle=1`;
    const live = await throttled(fixture, 2, '--database-url', url);
    proxy.swallow();
    fixture.server.faults.clear();
    await succeeds(live);
    expect(fixture.logs()).toContain('Taking a new snapshot; finished chunks are kept');
    expect(fixture.logs()).toMatch(/Resuming: \d+ ranges/);
    expect(await fixture.restored()).toEqual(await fixture.articles());
    // What was half-open was ended on the server, too: it would have held the lock, and the vacuum back.
    await until(async () => (await withSessions(fixture, 'pid')) === 0);
  });

  test('silent for long while the server works: left alone', async () => {
    const fixture = await fileFixture();
    const other = await fixture.database.connect();
    await other.query('BEGIN; LOCK TABLE articles');
    const proxy = await startProxy(fixture.database.url);
    const url = `${proxy.through(fixture.database.url)}?sslmode=disable&keepalives_idle=1`;
    const live = fixture.spawn('--database-url', url);
    await untilLeader(fixture, "wait_event_type = 'Lock'");
    // One connection waits, and by the others the server was asked.
    await until(() => proxy.opened() >= 4);
    await other.query('COMMIT');
    await succeeds(live);
    expect(fixture.logs().match(/INFO \| Snapshot /g)).toHaveLength(1);
  });
});
