import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import { describe, expect, test } from 'vitest';
import { SnapshotAge } from '../../src/backup/snapshot-age.ts';
import { silentReporter } from '../../src/core/events.ts';
import { temporaryFolder } from '../support/folder.ts';
import { createDatabase } from '../support/postgres.ts';
import { runBinary } from '../support/process.ts';
import { manifestsOf, readTable, type Row } from '../support/restore-point-reader.ts';

/** Six seconds at the rate below: a snapshot ends up to four waits for the rate later than its age, one a worker. */
const rows = 3000;

/** Readers whose transaction is older than that of the session which holds the snapshot. */
async function readersOfOldSnapshots(client: Client): Promise<number> {
  const { rows: found } = await client.query(
    `SELECT FROM pg_stat_activity AS reader JOIN pg_stat_activity AS leader USING (datname)
      WHERE datname = current_database() AND reader.xact_start < leader.xact_start
        AND reader.application_name = 'storydredge-backup reader'
        AND leader.application_name = 'storydredge-backup leader' AND leader.state = 'idle in transaction'`,
  );
  return found.length;
}

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
  const slowly = ['--max-rate', '500kB/s', '--no-adaptive', '--chunk-size', '50', '--max-snapshot-age', '1s'];
  const running = backup(...slowly).finally(() => {
    state.isRunning = false;
  });
  // Each transaction takes from one end of the table what it gives to the other: only one snapshot has the sum 0.
  let late = 0;
  for (let turn = 1; state.isRunning; turn++) {
    late += await readersOfOldSnapshots(client);
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
  expect(late).toBe(0);
  const [point] = points();
  expect(point).toHaveLength(rows);
  const balances = (point ?? []).map(({ balance }) => Number(balance));
  expect(balances.some((balance) => balance !== 0)).toBe(true);
  expect(balances.reduce((sum, balance) => sum + balance, 0)).toBe(0);

  expect((await backup()).exitCode).toBe(0);
  const source = await client.query<Row>('SELECT * FROM accounts ORDER BY id');
  expect(points().at(-1)).toEqual(source.rows);
});

describe('whether a further snapshot is worth while', () => {
  const old = performance.now() - 1000;

  test('it is while what was shipped stays done, however small a part of the run that is', () => {
    const age = new SnapshotAge(1, silentReporter);
    expect(age.watch(old, 1_000_000, 0)()).toBe(true);
    expect(age.watch(old, 990_000, 10_000)()).toBe(true);
    expect(age.watch(performance.now() + 1000, 980_000, 20_000)()).toBe(false);
    expect(age.watch(old, 975_000, 30_000)()).toBe(true);
  });

  test('a snapshot that was lost before anything was shipped tells nothing', () => {
    const age = new SnapshotAge(1, silentReporter);
    expect(age.watch(old, 1000, 0)()).toBe(true);
    expect(age.watch(old, 1000, 0)()).toBe(true);
  });

  test('one that finds nearly all changed again that was shipped is held to the end', () => {
    const age = new SnapshotAge(1, silentReporter);
    expect(age.watch(old, 1000, 0)()).toBe(true);
    expect(age.watch(old, 995, 100)()).toBe(false);
  });

  test('without a limit no snapshot is too old', () => {
    expect(new SnapshotAge(undefined, silentReporter).watch(old, 1, 0)()).toBe(false);
  });
});
