import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import {
  readTemporaryFile,
  removeAbandonedFolders,
  removeTemporaryFolder,
  TemporaryFile,
  temporaryFolder,
} from '../../src/core/temporary-files.ts';

/** The number of a process that was there and is gone. */
async function deadProcess(): Promise<number> {
  const child = spawn(process.execPath, ['-e', '']);
  await once(child, 'exit');
  return child.pid ?? 0;
}

test('a file nobody else may read, in a folder nobody else may look into', async () => {
  const folder = temporaryFolder();
  const file = await TemporaryFile.create(folder);
  const { path } = file;
  await file.append(Buffer.from('ab'));
  await file.append(Buffer.from('c'));
  await file.close();
  await file.close();
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  for await (const piece of readTemporaryFile(path)) expect(Buffer.from(piece).toString()).toBe('abc');
  await removeTemporaryFolder(folder);
  expect(existsSync(folder)).toBe(false);
});

test('what a killed process left goes, what is in use or of another host stays', async () => {
  const own = temporaryFolder();
  await TemporaryFile.create(own).then((file) => file.close());
  const nameFor = (pid: number) => basename(own).replace(`-${process.pid}-`, `-${pid}-`);
  const place = (name: string) => join(dirname(own), name);
  const left = place(nameFor(await deadProcess()));
  // In a container a run may have the number of the one before it.
  const sameNumber = place(`${basename(own).slice(0, -36)}00000000-0000-4000-8000-000000000000`);
  const running = place(nameFor(process.ppid));
  const otherHost = place(basename(left).replace('storydredge-backup-', 'storydredge-backup-other-'));
  const all = [left, sameNumber, running, otherHost];
  for (const folder of all) mkdirSync(folder);
  writeFileSync(join(left, 'rows'), 'rows');
  await removeAbandonedFolders();
  expect([own, ...all].map((folder) => existsSync(folder))).toEqual([true, false, false, true, true]);
  await Promise.all([own, running, otherHost].map(removeTemporaryFolder));
});

test('a folder that cannot be made is told with what to do', async () => {
  const folder = temporaryFolder();
  writeFileSync(folder, 'in the way');
  await expect(TemporaryFile.create(folder)).rejects.toMatchObject({
    code: 'E_TEMPORARY_FILE',
    hint: expect.stringContaining('TMPDIR') as string,
  });
  await removeTemporaryFolder(folder);
});
