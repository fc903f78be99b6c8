import { setTimeout as sleep } from 'node:timers/promises';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { until } from '../../support/backup-fixture.ts';
import { startCluster } from '../../support/postgres.ts';
import { manifestsOf } from '../../support/restore-point-reader.ts';
import { execute, session, sourceRows, startLineage } from './support.ts';

const quiet = { settings: { autovacuum: 'off', wal_writer_delay: '10s' } };

const ddl = `CREATE TABLE keyed (id integer PRIMARY KEY, v text);
  INSERT INTO keyed SELECT g, 'value ' || g FROM generate_series(1, 100) g`;

const update = (id: number, value: string) =>
  `UPDATE keyed SET v = '${value}' WHERE id = ${id} RETURNING xmin::text, ctid::text`;

/** The process that flushes asynchronous commits, held still: none of them becomes durable. */
async function stopWalWriter(url: string): Promise<number> {
  const client = await session(url);
  const { rows } = await client.query<{ pid: number }>(
    "SELECT pid FROM pg_stat_activity WHERE backend_type = 'walwriter'",
  );
  const pid = Number(rows[0]?.pid);
  process.kill(pid, 'SIGSTOP');
  return pid;
}

test('a crash takes back a commit that a run saw and gives its xid to another: the next run finds that one', async () => {
  const server = await startCluster(17, quiet);
  const url = server.url();
  await execute(url, ddl, 'CHECKPOINT');
  const lineage = await startLineage('--table', '*', '--chunk-size', '100');
  await lineage.backup(url);

  const walWriter = await stopWalWriter(url);
  const writer = await session(url);
  await writer.query('SET synchronous_commit = off');
  const lost = await writer.query<object>(update(50, 'lost'));
  const running = lineage.backup(url);
  await Promise.race([running, sleep(2500)]);
  // Nothing of it may count yet, neither as a restore point nor in the checkpoint.
  const manifests = manifestsOf(lineage.store).length;
  const chunks = readdirSync(join(lineage.store, 'chunks'), { recursive: true }).length;

  process.kill(walWriter, 'SIGKILL');
  await until(() =>
    sourceRows(url, 'keyed')
      .then((rows) => rows.length === 100)
      .catch(() => false),
  );
  const again = await session(url);
  const kept = await again.query<object>(update(50, 'kept'));
  expect(kept.rows).toEqual(lost.rows);
  for (let id = 1; id <= 20; id++) await again.query(update(id, 'more'));

  const { log } = await running;
  expect({ manifests, chunks }).toEqual({ manifests: 1, chunks: 1 });
  expect(log).toContain('Taking a new snapshot');
  await lineage.backup(url);
  expect(lineage.restored('keyed')).toEqual(await sourceRows(url, 'keyed'));
});
