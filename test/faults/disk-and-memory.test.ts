import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fileFixture, type BackupFixture } from '../support/backup-fixture.ts';
import { spawnBinary, type ProcessOptions, type ProcessResult } from '../support/process.ts';

type FileFixture = Awaited<ReturnType<typeof fileFixture>>;

async function runWith(
  fixture: FileFixture,
  options: Pick<ProcessOptions, 'env' | 'ulimit'>,
  ...args: string[]
): Promise<ProcessResult> {
  const url = ['--database-url', fixture.database.url, '--store', `file://${fixture.store}`];
  const all = ['backup', ...url, '--max-workers', '2', '--chunk-size', '20', ...args];
  return spawnBinary(all, { cwd: fixture.folder, ...options }).result;
}

/** The run after one that failed: goes on where that one was, and is right. */
async function resumes(fixture: FileFixture & BackupFixture, ...args: string[]): Promise<void> {
  expect(existsSync(join(fixture.store, 'manifests'))).toBe(false);
  const rows = (await fixture.articles()).length;
  expect((await fixture.backup(...args)).tables[0]?.rowsShipped).toBeLessThan(rows);
  expect(fixture.logs()).toMatch(/Resuming: \d+ ranges/);
  expect(await fixture.restored()).toEqual(await fixture.articles());
}

test('a disk that gets full under the checkpoint: the run ends, and what it has told is kept', async () => {
  const fixture = await fileFixture({ rows: 120 });
  // Small chunks: they must fit.
  const small = ['--chunk-size', '1'];
  const { exitCode, stderr } = await runWith(fixture, { ulimit: '-f 32' }, ...small);
  expect(exitCode, stderr).toBe(1);
  expect(stderr).toMatch(/\nERROR E_CHECKPOINT: cannot write the checkpoint .*\nhint: Check space/);
  await resumes(fixture, ...small);
});

test('a checkpoint on a file system that takes none: told before anything is shipped', async () => {
  const fixture = await fileFixture({ rows: 20 });
  const error = await fixture.fail(1, '--checkpoint-file', '/sys/storydredge/checkpoint.json');
  expect(error).toMatchObject({ code: 'E_CHECKPOINT' });
  expect(error.message).toMatch(/EROFS|EACCES|EPERM/);
  expect(fixture.logs()).not.toContain('Progress');
});

test.each([
  ['a reader thread', 'backup.rows.sealed:2', /\nERROR E_OUT_OF_MEMORY: a worker thread ran out of memory\n/],
  ['the main thread', 'backup.chunk.confirmed:3', /FATAL ERROR: .* JavaScript heap out of memory\n/],
])('out of memory in %s: a clear end, and the next run goes on', async (_, point, message) => {
  const fixture = await fileFixture({ rows: 200 });
  const env = { NODE_OPTIONS: '--max-old-space-size=48', STORYDREDGE_FAULT: `${point}:exhaust` };
  const { exitCode, stderr } = await runWith(fixture, { env, ulimit: '-c 0' });
  expect(exitCode).not.toBe(0);
  expect(stderr).toMatch(message);
  await resumes(fixture, '--chunk-size', '20');
});
