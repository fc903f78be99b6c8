import { writeFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { commands } from '../../src/cli/commands.ts';
import { isSurelyNice } from '../../src/cli/early-priority.ts';
import { parseCommandLine } from '../../src/cli/parse-command-line.ts';
import { temporaryFolder } from '../support/folder.ts';
import { spawnBinary } from '../support/process.ts';

interface Given {
  readonly argv: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
}

const file = 'storydredge-backup.yaml';

test.each<[isSure: boolean, why: string, given: Given]>([
  [true, 'a backup, of which nothing else is said', { argv: ['backup'] }],
  [true, 'the same, by default', { argv: [] }],
  [true, 'a config file that says nothing of it', { argv: [], files: { [file]: 'table: [a]\n' } }],
  [true, 'a flag, whatever the file says', { argv: ['backup', '--nice'], files: { [file]: 'nice: off\n' } }],
  [true, 'a restore that is told to', { argv: ['restore', '--nice'] }],
  [true, 'a file that is to be read and is not there', { argv: ['backup', '--config', 'other.yaml'] }],
  [false, 'another command', { argv: ['restore'] }],
  [false, 'a flag', { argv: ['backup', '--no-nice'] }],
  [false, 'the environment', { argv: ['backup'], environment: { STORYDREDGE_BACKUP_NICE: 'off' } }],
  [false, 'the config file', { argv: ['backup'], files: { [file]: 'nice: off\n' } }],
  [false, 'a config file with an escape', { argv: ['backup'], files: { [file]: '"\\x6eice": off\n' } }],
  [
    false,
    'a config file of another name',
    { argv: ['backup', '--config', 'other.yaml'], files: { 'other.yaml': 'nice: off\n' } },
  ],
  [
    false,
    'a config file that the environment names',
    {
      argv: ['backup'],
      environment: { STORYDREDGE_BACKUP_CONFIG: 'other.yaml' },
      files: { 'other.yaml': 'nice: off\n' },
    },
  ],
])('whether it is sure that a run is nice is %s: %s', async (isSure, _why, given) => {
  const folder = await temporaryFolder();
  const { argv, environment = {}, files = {} } = given;
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const invocation = parseCommandLine(argv, commands, { write: () => undefined, columns: 80 });
  expect(invocation && isSurelyNice(invocation, { environment, folder })).toBe(isSure);
});

test('a backup has the low priority before its settings are read', async () => {
  const folder = await temporaryFolder();
  const { child, pid, result } = spawnBinary(['backup', '--max-workers', 'many'], { cwd: folder });
  const seen = new Set<number>();
  const timer = setInterval(() => {
    if (child.exitCode === null) seen.add(getPriority(pid));
  }, 1);
  const { exitCode } = await result.finally(() => clearInterval(timer));
  expect(exitCode).toBe(2);
  expect([...seen]).toContain(10);
});
