import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { until } from '../../support/backup-fixture.ts';
import { connectTo, startCluster } from '../../support/postgres.ts';
import { execute, session, shipped, sourceRows, startLineage } from './support.ts';

const ddl = `CREATE TABLE keyed (id integer PRIMARY KEY, v text);
  INSERT INTO keyed SELECT g, 'value ' || g FROM generate_series(1, 500) g;
  CREATE UNLOGGED TABLE heap (n integer, v text);
  INSERT INTO heap SELECT g, 'value ' || g FROM generate_series(1, 2000) g`;

/** Which nothing writes to but the test: not even to collect statistics. */
const quiet = { settings: { autovacuum: 'off' } };

const start = () => startLineage('--table', '*', '--chunk-size', '100');

/** How often the tables were scanned so far, with an index or without. */
async function scans(url: string): Promise<number> {
  const client = await connectTo(url);
  try {
    // Sessions that have ended tell within a second.
    await sleep(1100);
    const { rows } = await client.query<{ scans: string }>(
      'SELECT sum(seq_scan + coalesce(idx_scan, 0)) AS scans FROM pg_stat_user_tables',
    );
    return Number(rows[0]?.scans);
  } finally {
    await client.end();
  }
}

test('tables are not looked at while no transaction has written; all that comes then is found', async () => {
  const server = await startCluster(17, quiet);
  const url = server.url();
  await execute(url, ddl);
  const lineage = await start();
  await lineage.backup(url);

  const before = await scans(url);
  for (const more of [[], ['--chunk-size', '50'], ['--table', 'heap']]) {
    const { result } = await lineage.backup(url, ...more);
    expect(shipped(result)).toBe(0);
    expect(lineage.restored('heap')).toEqual(await sourceRows(url, 'heap'));
  }
  // Those of the test itself.
  expect((await scans(url)) - before).toBe(3);

  await execute(url, "UPDATE keyed SET v = 'new' WHERE id = 305", 'DELETE FROM heap WHERE n = 7');
  await lineage.backup(url);
  for (const table of ['keyed', 'heap'])
    expect(lineage.restored(table)).toEqual(await sourceRows(url, table));
  await execute(url, 'TRUNCATE keyed');
  await lineage.backup(url);
  expect(lineage.restored('keyed')).toEqual([]);
});

test('what a transaction writes that was under way at the last run is found, its subtransactions too', async () => {
  const server = await startCluster(17, quiet);
  const url = server.url();
  await execute(url, ddl);
  const lineage = await start();
  await lineage.backup(url);
  const writer = await session(url);
  for (const sql of ['BEGIN', "INSERT INTO keyed VALUES (501, 'a')", 'SAVEPOINT s']) await writer.query(sql);
  await writer.query("INSERT INTO keyed VALUES (502, 'b')");
  expect(shipped((await lineage.backup(url)).result)).toBe(0);
  await writer.query('COMMIT');
  expect(shipped((await lineage.backup(url)).result)).toBe(2);
  expect(lineage.restored('keyed')).toEqual(await sourceRows(url, 'keyed'));
});

test.each([14, 15, 18] as const)(
  'after a crash of a session of version %i, which takes back what was not durable, all is looked at',
  async (major) => {
    const server = await startCluster(major, quiet);
    const url = server.url();
    await execute(url, ddl, 'CHECKPOINT');
    const lineage = await start();
    await lineage.backup(url);
    const victim = await session(url);
    const { rows } = await victim.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    process.kill(Number(rows[0]?.pid), 'SIGKILL');
    await until(async () => {
      // The server refuses connections until it has recovered, with unlogged tables empty.
      const count = await sourceRows(url, 'heap').catch(() => undefined);
      return count?.length === 0;
    });
    await lineage.backup(url);
    expect(lineage.restored('heap')).toEqual([]);
    expect(lineage.restored('keyed')).toEqual(await sourceRows(url, 'keyed'));
  },
);
