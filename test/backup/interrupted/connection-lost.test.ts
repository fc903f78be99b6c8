import type { Client } from 'pg';
import { describe, expect, test } from 'vitest';
import {
  fileFixture,
  s3Fixture,
  throttled,
  type BackupJson,
  type S3Fixture,
} from '../../support/backup-fixture.ts';
import { createDatabase, startCluster, type TestDatabase } from '../../support/postgres.ts';

const connectionError = 'ERROR | Failed to get articles chunk: connection error';

/** Ends the sessions of a run whose purpose is like this; how many there were. */
async function terminate(fixture: S3Fixture, purpose: string): Promise<number> {
  const { rows } = await fixture.database.client.query(
    `SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
      WHERE datname = current_database() AND application_name LIKE 'storydredge-backup ${purpose}'`,
  );
  return rows.length;
}

describe('connections that break in the middle', () => {
  test('of the readers: the log says so, and the run goes on in the same snapshot', async () => {
    const fixture = await s3Fixture({ rows: 500 });
    const live = await throttled(fixture, 2);
    const before = await fixture.articles();
    await fixture.database.client.query("UPDATE articles SET title = 'after the snapshot'");
    expect(await terminate(fixture, 'reader')).toBeGreaterThan(0);
    fixture.server.faults.clear();
    const { exitCode, stdout, stderr } = await live.result;
    expect(exitCode, stderr).toBe(0);
    expect(fixture.logs()).toContain(connectionError);
    expect(fixture.logs()).not.toContain('Taking a new snapshot');
    expect((JSON.parse(stdout) as BackupJson).tables[0]).toMatchObject({ rows: 500, rowsShipped: 500 });
    expect(await fixture.restored()).toEqual(before);
  });

  test.each([
    ['the leader', 'leader'],
    ['all', '%'],
  ])('of %s: a new snapshot, finished chunks are kept, and the lock is taken again', async (_, purpose) => {
    const fixture = await s3Fixture({ rows: 500 });
    const live = await throttled(fixture, 2);
    expect(await terminate(fixture, purpose)).toBeGreaterThan(0);
    await fixture.database.client.query(
      "UPDATE articles SET title = 'after the first snapshot' WHERE id = 1",
    );
    fixture.server.faults.clear();
    const { exitCode, stderr } = await live.result;
    expect(exitCode, stderr).toBe(0);
    const logs = fixture.logs();
    expect(logs).toContain(connectionError);
    expect(logs.match(/INFO \| Snapshot /g)).toHaveLength(2);
    expect(logs).toContain('Taking a new snapshot; finished chunks are kept');
    expect(logs).toMatch(/Resuming: \d+ ranges/);
    expect(await fixture.restored()).toEqual(await fixture.articles());
    expect((await fixture.backup()).tables[0]).toMatchObject({ rowsShipped: 0 });
  });
});

/** A database on a server of its own, whose connection can be made anew after the server was stopped. */
async function restartable() {
  const cluster = await startCluster();
  const made = await createDatabase({ serverUrl: cluster.url() });
  let client: Client = made.client;
  const database: TestDatabase = {
    name: made.name,
    url: made.url,
    connect: (config) => made.connect(config),
    get client() {
      return client;
    },
  };
  const reconnect = async () => {
    client = await made.connect();
  };
  return { cluster, database, reconnect };
}

describe('a server that stops in the middle', () => {
  test('and is there again: the run succeeds', async () => {
    const { cluster, database, reconnect } = await restartable();
    const fixture = await s3Fixture({ rows: 500, database });
    const live = await throttled(fixture, 2);
    await cluster.stopServer('immediate');
    fixture.server.faults.clear();
    await cluster.startServer();
    await reconnect();
    const { exitCode, stderr } = await live.result;
    expect(exitCode, stderr).toBe(0);
    expect(fixture.logs()).toContain(connectionError);
    expect(await fixture.restored()).toEqual(await fixture.articles());
  });

  test('and stays away: the run ends, and a later one goes on', async () => {
    const { cluster, database, reconnect } = await restartable();
    const fixture = await s3Fixture({ rows: 500, database });
    const live = await throttled(fixture, 2);
    await cluster.stopServer('immediate');
    fixture.server.faults.clear();
    const { exitCode, stderr } = await live.result;
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/\nERROR E_DB_UNREACHABLE: .*connection refused\nhint: /);
    await cluster.startServer();
    await reconnect();
    const result = await fixture.backup();
    expect(result.tables[0]?.rowsShipped).toBeLessThanOrEqual(400);
    expect(await fixture.restored()).toEqual(await fixture.articles());
  });

  test('before the run: told at once', async () => {
    const { cluster, database } = await restartable();
    const fixture = await fileFixture({ database, rows: 0 });
    await cluster.stopServer('fast');
    expect(await fixture.fail(1)).toMatchObject({ code: 'E_DB_UNREACHABLE' });
    await cluster.startServer();
  });
});
