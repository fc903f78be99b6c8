import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { SnapshotAge } from '../../src/backup/snapshot-age.ts';
import { silentReporter } from '../../src/core/events.ts';
import { temporaryFolder } from '../support/folder.ts';
import { createDatabase } from '../support/postgres.ts';
import { runBinary } from '../support/process.ts';
import { manifestsOf, readTable, type Row } from '../support/restore-point-reader.ts';

const rows = 1500;

test('a run takes new snapshots when they get old, and its restore point is of the last one', async () => {
  const database = await createDatabase();
  const { client } = database;
  await client.query(`CREATE TABLE accounts (id integer PRIMARY KEY, balance integer, note text);
    INSERT INTO accounts SELECT g, 0, repeat('x', 990) FROM generate_series(1, ${rows}) g`);
  const folder = await temporaryFolder();
  const store = join(folder, 'store');
  const from = ['--database-url', database.url, '--store', `file://${store}`, '--table', 'accounts'];
  const backup = (...args: string[]) => runBinary(['backup', ...from, ...args], { cwd: folder });
  const points = () => manifestsOf(store).map((manifest) => readTable(store, manifest, 'accounts'));

  const state = { isRunning: true };
  const slowly = ['--max-rate', '500kB/s', '--chunk-size', '50', '--max-snapshot-age', '1s'];
  const running = backup(...slowly).finally(() => {
    state.isRunning = false;
  });
  // Each transaction takes from one end of the table what it gives to the other: only one snapshot has the sum 0.
  for (let turn = 1; state.isRunning; turn++) {
    const [taker, giver] = [1 + (turn % 60), rows - (turn % 60)];
    await client.query(
      `UPDATE accounts SET balance = balance + CASE id WHEN ${taker} THEN ${turn} ELSE -${turn} END
        WHERE id IN (${taker}, ${giver})`,
    );
    await sleep(5);
  }
  const { exitCode, stderr } = await running;
  expect(exitCode, stderr).toBe(0);
  expect(stderr.split('going on with a new one').length).toBeGreaterThan(2);
  const [point] = points();
  expect(point).toHaveLength(rows);
  const balances = (point ?? []).map(({ balance }) => Number(balance));
  expect(balances.some((balance) => balance !== 0)).toBe(true);
  expect(balances.reduce((sum, balance) => sum + balance, 0)).toBe(0);

  expect((await backup()).exitCode).toBe(0);
  const source = await client.query<Row>('SELECT * FROM accounts ORDER BY id');
  expect(points().at(-1)).toEqual(source.rows);
});

test('a snapshot that leaves hardly less to ship than the one before is held to the end', () => {
  const age = new SnapshotAge(1, silentReporter);
  const old = performance.now() - 1000;
  expect(age.watch(old, 1000)()).toBe(true);
  expect(age.watch(old, 500)()).toBe(true);
  expect(age.watch(performance.now() + 1000, 300)()).toBe(false);
  expect(age.watch(old, 290)()).toBe(false);
  expect(new SnapshotAge(undefined, silentReporter).watch(old, 1)()).toBe(false);
});
