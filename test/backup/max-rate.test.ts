import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { temporaryFolder } from '../support/folder.ts';
import { createDatabase } from '../support/postgres.ts';
import { runBinary } from '../support/process.ts';
import { manifestsOf, readTable, type Row } from '../support/restore-point-reader.ts';

test('a run with --max-rate takes as long as its bytes need, and is whole', async () => {
  const database = await createDatabase();
  await database.client.query(`CREATE TABLE notes (id integer PRIMARY KEY, note text);
    INSERT INTO notes SELECT g, repeat('x', 990) FROM generate_series(1, 1500) g`);
  const folder = await temporaryFolder();
  const store = join(folder, 'store');
  const from = ['--database-url', database.url, '--store', `file://${store}`, '--table', 'notes'];
  const limits = ['--max-rate', '500kB/s', '--no-adaptive', '--chunk-size', '100', '--max-workers', '3'];
  const run = runBinary(['backup', '--json', ...from, ...limits], { cwd: folder });
  // The server is not asked for more at once than it sends within a time slice.
  const portions = `SELECT FROM pg_stat_activity WHERE query LIKE 'COPY (SELECT %notes%' AND query LIKE '% LIMIT %'`;
  await vi.waitUntil(async () => (await database.client.query(portions)).rowCount, { timeout: 10_000 });
  const { exitCode, stdout, stderr } = await run;
  expect(exitCode, stderr).toBe(0);
  const { durationSeconds } = JSON.parse(stdout) as { durationSeconds: number };
  // 1.5 MB at 0.5 MB/s, less what may come at once and what the last pieces need not wait for.
  expect(durationSeconds).toBeGreaterThan(2.5);
  const { rows } = await database.client.query<Row>('SELECT * FROM notes ORDER BY id');
  expect(readTable(store, manifestsOf(store).at(-1) ?? '', 'notes')).toEqual(rows);

  const restore = (variables: Record<string, string>, ...args: string[]) =>
    runBinary(['restore', '--json', ...from, '--max-workers', '3', ...args], { cwd: folder, env: variables });
  const slow = await restore({}, '--into', 'slow', '--max-rate', '500kB/s');
  expect(slow.exitCode, slow.stderr).toBe(0);
  expect((JSON.parse(slow.stdout) as { durationSeconds: number }).durationSeconds).toBeGreaterThan(2.5);
  const { rows: restored } = await database.client.query<Row>('SELECT * FROM slow ORDER BY id');
  expect(restored).toEqual(rows);
  // At that rate, which is meant for backups, it would take longer than a test may.
  const quick = await restore({ STORYDREDGE_BACKUP_MAX_RATE: '1KiB/s' }, '--into', 'quick');
  expect(quick.exitCode, quick.stderr).toBe(0);
});
