import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { saveProgressWhile, type ProgressParts } from '../../src/backup/save-progress.ts';
import { exampleHead } from '../format/example-checkpoint.ts';
import { temporaryFolder } from '../support/folder.ts';

const parts = {
  run: { id: exampleHead.runId ?? '' },
  store: { url: exampleHead.store },
  source: { identity: exampleHead.source },
  snapshot: { facts: { lsn: exampleHead.lsn } },
  lineage: { parent: null },
  leftovers: { entries: [], lastChunkNumber: 0 },
  full: false,
} as unknown as ProgressParts;

test('the checkpoint is there when the plan is, and takes entries', async () => {
  const path = join(await temporaryFolder(), 'checkpoint.json');
  const [plan, checkpoint] = await saveProgressWhile(Promise.resolve('plan'), path, parts);
  expect(plan).toBe('plan');
  expect(await readFile(path, 'utf8')).toContain(exampleHead.store);
  await checkpoint.confirm([1]);
  await checkpoint.close();
});

test('a plan that fails is told, whatever becomes of the checkpoint, which is left closed', async () => {
  const folder = await temporaryFolder();
  const plan = () => Promise.reject(new Error('no such table'));
  await expect(saveProgressWhile(plan(), join(folder, 'checkpoint.json'), parts)).rejects.toThrow(
    'no such table',
  );
  await writeFile(join(folder, 'file'), '');
  await expect(saveProgressWhile(plan(), join(folder, 'file', 'below'), parts)).rejects.toThrow(
    'no such table',
  );
});

test('a checkpoint that cannot be written fails the run once the plan is made', async () => {
  const path = join(await temporaryFolder(), 'checkpoint.json');
  await mkdir(path);
  let isPlanned = false;
  const plan = new Promise<void>((resolve) => setTimeout(resolve, 20)).then(() => (isPlanned = true));
  await expect(saveProgressWhile(plan, path, parts)).rejects.toMatchObject({ code: 'E_CHECKPOINT' });
  expect(isPlanned).toBe(true);
});
