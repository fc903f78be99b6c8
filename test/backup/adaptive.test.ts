import { expect, test } from 'vitest';
import type { BackupResult } from '../../src/backup/backup-result.ts';
import { fileFixture, s3Fixture, throttled, until } from '../support/backup-fixture.ts';
import { loadArticles } from '../../src/demo/load-articles.ts';

const four = ['--max-workers', '4', '--chunk-size', '20', '--log-level', 'debug'];

test('a store that asks for fewer requests gets fewer, and the run says so', async () => {
  const fixture = await s3Fixture();
  const live = await throttled(fixture, 2, ...four);
  await until(() => fixture.logs().includes('2 instead of 4 workers: the store asks for fewer requests'));
  fixture.server.faults.clear();
  const { exitCode, stdout, stderr } = await live.result;
  expect(exitCode, stderr).toBe(0);
  const { workers, throttled: answers } = JSON.parse(stdout) as BackupResult;
  expect(workers.max).toBe(4);
  expect(workers.used).toBeGreaterThanOrEqual(1);
  expect(workers.used).toBeLessThanOrEqual(4);
  expect(workers.least).toBeLessThanOrEqual(2);
  expect(workers.changes).toBeGreaterThanOrEqual(1);
  expect(answers).toBeGreaterThanOrEqual(1);
  expect(fixture.logs()).toMatch(
    /INFO .*Workers: [1-4] of 4, between [12] and 4 allowed, [1-4] at the end; the store asked \d+ times/,
  );
  expect(await fixture.restored()).toEqual(await fixture.articles());
});

test('--no-adaptive keeps all workers', async () => {
  const fixture = await s3Fixture();
  const live = await throttled(fixture, 2, '--no-adaptive', ...four);
  // Waits of 250, 500 and 1000 ms at least: more than a second, after which an adaptive run has fewer.
  await until(() => /The store failed, trying again.*\b4\b/.test(fixture.logs()));
  fixture.server.faults.clear();
  const { exitCode, stdout, stderr } = await live.result;
  expect(exitCode, stderr).toBe(0);
  const { workers } = JSON.parse(stdout) as BackupResult;
  expect(workers).toEqual({ max: 4, used: workers.used, least: 4, last: 4, changes: 0 });
  expect(fixture.logs()).not.toContain('instead of 4 workers');
});

test('a run that ships little reads over two connections, however many workers it may have', async () => {
  const fixture = await fileFixture({ rows: 100 });
  const options = ['--max-workers', '8', '--chunk-size', '20'];
  await fixture.backup(...options);
  await loadArticles(fixture.database.client, { count: 400, first: 100 });
  for (const more of [[], ['--no-adaptive']]) {
    const { exitCode, stdout, stderr } = await fixture.run(...options, ...more);
    expect(exitCode, stderr).toBe(0);
    const { workers } = JSON.parse(stdout) as BackupResult;
    expect(workers).toMatchObject({ max: 8, used: 2, last: more.length > 0 ? 8 : workers.last });
    expect(await fixture.restored()).toEqual(await fixture.articles());
    await loadArticles(fixture.database.client, { count: 400, first: 500 });
  }
});
