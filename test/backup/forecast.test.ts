import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import type { BackupResult } from '../../src/backup/backup-result.ts';
import { forecastRun, type Forecast } from '../../src/backup/forecast.ts';
import type { RunStatistics } from '../../src/format/manifest.ts';
import { createArticles } from '../support/articles.ts';
import { temporaryFolder } from '../support/folder.ts';
import { createDatabase, type TestDatabase } from '../support/postgres.ts';
import { runBinary } from '../support/process.ts';

let database: TestDatabase;
let folder: string;
beforeAll(async () => {
  database = await createDatabase();
  folder = await temporaryFolder();
  await createArticles(database.client, { count: 900 });
});

async function backup(...args: string[]) {
  const from = ['--database-url', database.url, '--store', `file://${join(folder, 'store')}`];
  const all = ['backup', ...from, '--table', 'articles', '--chunk-size', '100', ...args];
  const result = await runBinary(all, { cwd: folder });
  expect(result.exitCode, result.stderr).toBe(0);
  return result;
}

/** What --dry-run foretells, and what the run then does. */
async function compare(): Promise<{ forecast: Forecast; result: BackupResult }> {
  const plan = JSON.parse((await backup('--dry-run', '--json')).stdout) as { forecast: Forecast };
  const result = JSON.parse((await backup('--json')).stdout) as BackupResult;
  return { forecast: plan.forecast, result };
}

const requestsOf = ({ requests }: Forecast) => requests.put + requests.get + requests.list;

test('the forecast of a first run and of an incremental one comes true, but for its seconds', async () => {
  const first = await compare();
  expect(first.forecast).toMatchObject({ rows: 900, chunks: 9, rateFrom: 'default' });
  expect(first.result).toMatchObject({ rowsShipped: 900, chunksWritten: 9, forecast: { chunks: 9 } });
  expect(first.result.bytesUploaded / first.forecast.storedBytes).toBeCloseTo(1, 0);
  expect(Math.abs(first.result.requests - requestsOf(first.forecast))).toBeLessThanOrEqual(2);

  await database.client.query('UPDATE articles SET quality_score = 0 WHERE id % 50 = 3');
  const second = await compare();
  expect(second.forecast).toMatchObject({ rows: 18, chunks: 1, requests: { get: 12 } });
  expect(second.result).toMatchObject({ rowsShipped: 18, chunksWritten: 1 });
  expect(Math.abs(second.result.requests - requestsOf(second.forecast))).toBeLessThanOrEqual(2);

  // The one patch chunk there is, which all nine ranges need, is read once.
  await database.client.query('UPDATE articles SET quality_score = 1 WHERE id % 50 = 7');
  const third = await compare();
  expect(third.forecast).toMatchObject({ rows: 18, chunks: 1, requests: { get: 13 } });
  expect(Math.abs(third.result.requests - requestsOf(third.forecast))).toBeLessThanOrEqual(2);
});

test('patches of large rows take as many chunks as was foretold', async () => {
  await database.client.query(`
    CREATE TABLE large (id int PRIMARY KEY, note text, n int);
    ALTER TABLE large ALTER note SET STORAGE EXTERNAL;
    INSERT INTO large SELECT i, repeat('x', 10000), 0 FROM generate_series(1, 3000) AS i`);
  const back = async (...args: string[]) => {
    const from = ['--database-url', database.url, '--store', `file://${join(folder, 'large')}`];
    const { stdout } = await runBinary(['backup', ...from, '--table', 'large', '--json', ...args], {
      cwd: folder,
    });
    return JSON.parse(stdout) as { forecast: Forecast };
  };
  await back();
  await database.client.query('UPDATE large SET n = 1 WHERE id % 10 = 3');
  const { forecast } = await back('--dry-run');
  const result = (await back()) as unknown as BackupResult;
  expect(result.rowsShipped).toBe(300);
  expect(result.chunksWritten).toBeGreaterThanOrEqual(3);
  expect(Math.abs(forecast.chunks - result.chunksWritten)).toBeLessThanOrEqual(1);
});

test('people read the forecast in the plan, and beside the outcome in the log', async () => {
  const plan = (await backup('--dry-run', '--full')).stdout;
  expect(plan).toMatch(
    /to read, [\d.]+ (KiB|MiB) to store in 9 chunks\n {2}12 PUT, 3 GET, 2 LIST: 0\.0001 US dollars/,
  );
  expect(plan).toContain('snapshot held');
  const { stderr } = await backup('--full');
  expect(stderr).toMatch(
    /Outcome and forecast: .* stored \(forecast .*\), \d+ requests \(17\), .* s \(.* s\)/,
  );
});

test('the rate is that of the last run, where it shipped enough to tell, and no more than --max-rate', () => {
  const settings = { compression: 'none', chunkBytes: 1e6 } as const;
  const lastRun = { bytesUploaded: 300e6, durationSeconds: 10 } as RunStatistics;
  expect(forecastRun([], settings, lastRun)).toMatchObject({ rate: 30e6, rateFrom: 'last run' });
  expect(forecastRun([], settings, { ...lastRun, bytesUploaded: 300 })).toMatchObject({
    rateFrom: 'default',
  });
  expect(forecastRun([], { ...settings, maxRate: 1e6, maxSnapshotAge: 100 }, lastRun)).toMatchObject({
    rate: 1e6,
    snapshotSeconds: 0.1,
  });
});

test('a rate holds the scan back as well, and a run that leaves the processors to others begins with less of it', () => {
  const none = { values: () => [][Symbol.iterator]() };
  const unchanged = { rows: 2e6, chunkSize: 1000, rowBytes: 100, chunks: none, steps: { changed: [] } };
  const secondsWith = (more: object): number => {
    const settings = { compression: 'none', chunkBytes: 1e6, ...more } as const;
    return forecastRun([unchanged], settings, undefined).seconds;
  };
  expect(secondsWith({})).toBeCloseTo(1.5);
  expect(secondsWith({ maxRate: 10e6, adaptive: false })).toBeCloseTo(10.5);
  expect(secondsWith({ maxRate: 10e6 })).toBeCloseTo(12);
  expect(secondsWith({ maxRate: 1e9, adaptive: false })).toBeCloseTo(1.5);
});
