import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openLogFile } from '../../../src/cli/logging/log-file.ts';
import { temporaryFolder } from '../../support/folder.ts';

const start = new Date('2025-05-27T00:07:50Z');

test('makes its folder and appends line by line', async () => {
  const folder = join(await temporaryFolder(), 'a', 'b');
  const problems: string[] = [];
  const file = openLogFile(folder, 'incremental_db_backup', start, (problem) => void problems.push(problem));
  file.write('one\n');
  file.write('two\n');
  expect(file.path).toBe(join(folder, 'incremental_db_backup_20250527_000750.log'));
  expect(readFileSync(file.path, 'utf8')).toBe('one\ntwo\n');
  expect(problems).toEqual([]);
});

test('begins the file again when it was rotated', async () => {
  const file = openLogFile(await temporaryFolder(), 'x', start, () => undefined);
  file.write('one\n');
  renameSync(file.path, `${file.path}.1`);
  file.write('two\n');
  expect(readFileSync(file.path, 'utf8')).toBe('two\n');
  expect(readFileSync(`${file.path}.1`, 'utf8')).toBe('one\n');
});

test('says once that it cannot write, goes on, and writes again when it can', async () => {
  const folder = await temporaryFolder();
  const problems: string[] = [];
  const file = openLogFile(join(folder, 'logs'), 'x', start, (problem) => void problems.push(problem));
  rmSync(join(folder, 'logs'), { recursive: true });
  writeFileSync(join(folder, 'logs'), '');
  file.write('lost\n');
  file.write('lost\n');
  expect(problems).toEqual([expect.stringContaining(file.path)]);
  rmSync(join(folder, 'logs'));
  const again = openLogFile(join(folder, 'logs'), 'x', start, () => undefined);
  expect(existsSync(again.path)).toBe(false);
  file.write('kept\n');
  expect(readFileSync(file.path, 'utf8')).toBe('kept\n');
  expect(problems).toHaveLength(1);
});
