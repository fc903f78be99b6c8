import { join } from 'node:path';
import { expect, test } from 'vitest';
import { until } from '../../support/backup-fixture.ts';
import { coldCopy, makeStandby, putBack, urlWithPasswordOf } from '../../support/clusters.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { connectTo, startCluster } from '../../support/postgres.ts';
import { execute, shipped, sourceRows, startLineage, type Lineage } from './support.ts';

const ddl = `CREATE TABLE keyed (id integer PRIMARY KEY, v text);
  INSERT INTO keyed SELECT g, 'value ' || g FROM generate_series(1, 500) g;
  CREATE TABLE heap (n integer, v text);
  INSERT INTO heap SELECT g, 'value ' || g FROM generate_series(1, 2000) g`;

/** Rows of a range of each table: the most that is shipped where one row of it differs. Of 2,502. */
const oneRangeEach = 100 + 200;

const start = () => startLineage('--table', '*', '--chunk-size', '100');

/** Runs a backup that must take the history for another one, or for the same where there is no reason. */
async function backUp(lineage: Lineage, url: string, reason?: string): Promise<number> {
  const { result, log } = await lineage.backup(url);
  if (reason === undefined) expect(log).not.toContain('another history');
  else expect(log).toContain(`The source has another history: ${reason}. Reading everything again.`);
  for (const table of ['keyed', 'heap']) {
    expect(lineage.restored(table)).toEqual(await sourceRows(url, table));
  }
  return shipped(result);
}

/** Patches in the middle range, an updated row, and rows beyond the last range of both tables. */
async function change(url: string): Promise<void> {
  await execute(url, "UPDATE keyed SET v = 'first' WHERE id IN (210, 220)");
  await execute(url, "INSERT INTO keyed VALUES (600, 'new'); INSERT INTO heap VALUES (2001, 'new')");
}

test('a cluster put back from a cold copy: detected, read again, and little shipped (laws 1 and 5)', async () => {
  const server = await startCluster(17);
  const url = server.url();
  await execute(url, ddl);
  const lineage = await start();
  await backUp(lineage, url);
  await change(url);
  expect(await backUp(lineage, url)).toBe(4);
  await server.stopServer();
  const copy = await coldCopy(server, join(await temporaryFolder(), 'copy'));

  // What is lost with the copy, and then what is written with the same xids instead.
  await server.startServer();
  await execute(url, "UPDATE keyed SET v = 'lost' WHERE id = 305", "INSERT INTO heap VALUES (2002, 'lost')");
  expect(await backUp(lineage, url)).toBe(2);
  await server.stopServer();
  await putBack(copy, server);
  await server.startServer();
  await execute(url, "UPDATE keyed SET v = 'other' WHERE id = 305");
  expect(await backUp(lineage, url, 'the xid counter went back')).toBeLessThanOrEqual(oneRangeEach);
  expect(await backUp(lineage, url)).toBe(0);

  // The xid counter has passed the recorded one already; the WAL has not.
  await execute(url, "INSERT INTO heap SELECT g, repeat('x', 1000) FROM generate_series(1, 5000) g");
  await backUp(lineage, url);
  await server.stopServer();
  await putBack(copy, server);
  await server.startServer();
  await execute(url, ...Array.from({ length: 20 }, () => 'SELECT pg_current_xact_id()'));
  expect(await backUp(lineage, url, 'the WAL position went back')).toBeLessThanOrEqual(oneRangeEach);
});

test('a standby and its promotion: next to nothing is shipped', async () => {
  const [primary, standby] = [await startCluster(17), await startCluster(17)];
  await execute(primary.url(), ddl);
  const lineage = await start();
  await backUp(lineage, primary.url());
  await change(primary.url());
  expect(await backUp(lineage, primary.url())).toBe(4);
  await primary.stopServer();
  await standby.stopServer();
  await putBack(join(primary.folder, 'data'), standby);
  await makeStandby(standby, primary);
  await primary.startServer();
  await standby.startServer();
  const url = urlWithPasswordOf(primary, standby);

  // Commits show on a standby in another order than on its primary: the two are no one history.
  expect(await backUp(lineage, url, 'it is a standby, and was the primary')).toBe(0);
  await execute(primary.url(), "UPDATE keyed SET v = 'second' WHERE id = 230");
  await untilReplayed(primary.url(), url);
  expect(await backUp(lineage, url)).toBe(1);
  expect(await backUp(lineage, primary.url(), 'it is the primary, and was a standby')).toBe(0);

  await execute(url, 'SELECT pg_promote()');
  await execute(url, "DELETE FROM keyed WHERE id = 10; INSERT INTO heap VALUES (2003, 'after')");
  expect(await backUp(lineage, url, 'the timeline is another one')).toBeLessThanOrEqual(oneRangeEach);
  expect(await backUp(lineage, url)).toBe(0);
});

test('a copy that was loaded into another cluster: other identifier, OIDs and xids, the same rows', async () => {
  const [first, other] = [await startCluster(17), await startCluster(18)];
  const lineage = await start();
  await execute(first.url(), ddl);
  await backUp(lineage, first.url());
  await change(first.url());
  await backUp(lineage, first.url());
  await execute(other.url(), ddl);
  await change(other.url());
  await execute(other.url(), 'VACUUM FULL keyed', "UPDATE keyed SET v = 'changed' WHERE id = 230");
  expect(await backUp(lineage, other.url(), 'the system identifier is another one')).toBeLessThanOrEqual(
    oneRangeEach,
  );
  expect(await backUp(lineage, other.url())).toBe(0);
});

/** Waits until the standby has replayed all that the primary has written so far. */
async function untilReplayed(primary: string, standby: string): Promise<void> {
  const [from, to] = [await connectTo(primary), await connectTo(standby)];
  try {
    const { rows } = await from.query<{ lsn: string }>('SELECT pg_current_wal_insert_lsn() AS lsn');
    const sql = 'SELECT pg_last_wal_replay_lsn() >= $1 AS done';
    const isDone = async () => (await to.query<{ done: boolean }>(sql, [rows[0]?.lsn])).rows[0]?.done;
    await until(async () => (await isDone()) === true);
  } finally {
    await Promise.all([from.end(), to.end()]);
  }
}
