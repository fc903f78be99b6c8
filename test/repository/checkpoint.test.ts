import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import type { CheckpointEntry } from '../../src/format/checkpoint.ts';
import { CheckpointWriter, readCheckpoint } from '../../src/repository/checkpoint.ts';
import { exampleEntry, exampleHead } from '../format/example-checkpoint.ts';
import { temporaryFolder } from '../support/folder.ts';
import { spawnNode } from '../support/process.ts';

const appender = fileURLToPath(new URL('./append-entries.ts', import.meta.url));
const numbered = (count: number) =>
  Array.from({ length: count }, (_, index) => exampleEntry(String(index + 1)));

/** Entries of a checkpoint that is sound, and valid JSON as a whole. */
async function entriesOf(path: string): Promise<readonly CheckpointEntry[]> {
  const read = await readCheckpoint(path);
  if (read.kind !== 'read') throw new Error(`the checkpoint is ${read.kind}`);
  expect(read.checkpoint.damagedLines).toBe(0);
  const json = JSON.parse(await readFile(path, 'utf8')) as { entries: object[] };
  expect(json.entries.filter((line) => 'entry' in line)).toHaveLength(read.checkpoint.entries.length);
  return read.checkpoint.entries;
}

test('a checkpoint that is created is whole, private, and alone in its new folder', async () => {
  const folder = join(await temporaryFolder(), 'logs');
  const path = join(folder, 'checkpoint.json');
  const writer = await CheckpointWriter.create(path, exampleHead, numbered(3));
  expect(await entriesOf(path)).toEqual(numbered(3));
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  await writer.close();
  const shorter = await CheckpointWriter.create(path, { ...exampleHead, runId: null }, []);
  await shorter.close();
  expect(await entriesOf(path)).toEqual([]);
  expect(await readdir(folder)).toEqual(['checkpoint.json']);
});

test('each append leaves valid JSON with all entries so far', async () => {
  const path = join(await temporaryFolder(), 'checkpoint.json');
  const writer = await CheckpointWriter.create(path, exampleHead, numbered(2));
  for (let count = 3; count <= 6; count++) {
    await writer.append(exampleEntry(String(count)));
    expect(await entriesOf(path)).toEqual(numbered(count));
  }
  await writer.close();
  const next = await CheckpointWriter.create(path, exampleHead, await entriesOf(path));
  await next.append(exampleEntry('7'));
  await next.close();
  expect(await entriesOf(path)).toEqual(numbered(7));
});

test('appends that run at once are all in the file, in the order they were asked for', async () => {
  const path = join(await temporaryFolder(), 'checkpoint.json');
  const writer = await CheckpointWriter.create(path, exampleHead, []);
  await Promise.all(numbered(200).map((entry) => writer.append(entry)));
  expect(await entriesOf(path)).toEqual(numbered(200));
  const last = writer.append(exampleEntry('201'));
  await writer.close();
  await last;
  expect(await entriesOf(path)).toEqual(numbered(201));
});

test('an append to a closed checkpoint is refused, not lost in silence; closing twice is closing once', async () => {
  const path = join(await temporaryFolder(), 'checkpoint.json');
  const writer = await CheckpointWriter.create(path, exampleHead, []);
  await writer.close();
  await writer.close();
  await expect(writer.append(exampleEntry('1'))).rejects.toMatchObject({ code: 'E_CHECKPOINT' });
  expect(await entriesOf(path)).toEqual([]);
});

test('a checkpoint of as many entries as a large database has ranges is written in one pass', async () => {
  const path = join(await temporaryFolder(), 'checkpoint.json');
  // Written anew for each entry, this would be a terabyte.
  const writer = await CheckpointWriter.create(path, exampleHead, numbered(40_000));
  await writer.append(exampleEntry('40001'));
  await writer.close();
  const entries = await entriesOf(path);
  expect(entries).toHaveLength(40_001);
  expect(entries.at(-1)).toEqual(exampleEntry('40001'));
});

test('a run killed with SIGKILL leaves every entry it was told is saved (law 4)', async () => {
  const folder = await temporaryFolder();
  const path = join(folder, 'checkpoint.json');
  for (const moment of [/saved 1\n/, /saved 7\n/, /saved 40\n/, /saved 300\n/]) {
    const child = spawnNode([appender, path], { cwd: folder });
    await child.waitForOutput(moment);
    child.kill('SIGKILL');
    const { stdout, signal } = await child.result;
    expect(signal).toBe('SIGKILL');
    const saved = Number(/saved (\d+)\n$/.exec(stdout.slice(0, stdout.lastIndexOf('\n') + 1))?.[1]);
    const read = await readCheckpoint(path);
    if (read.kind !== 'read') throw new Error(`the checkpoint is ${read.kind}`);
    const { entries } = read.checkpoint;
    expect(entries.length).toBeGreaterThanOrEqual(saved);
    expect(entries).toEqual(numbered(entries.length));
  }
});

test('a full disk refuses the entry, and leaves valid JSON with those before it', async () => {
  const folder = await temporaryFolder();
  const path = join(folder, 'checkpoint.json');
  // A limit of the file size writes what fits and then fails, as a full disk does.
  const script = `trap '' XFSZ; ulimit -f 20; exec "$0" "$1" "$2"`;
  const { stdout } = await promisify(execFile)('/bin/bash', ['-c', script, process.execPath, appender, path]);
  expect(stdout).toMatch(/refused: BackupError: cannot write the checkpoint .*EFBIG/);
  const saved = stdout.match(/^saved /gm)?.length ?? 0;
  expect(saved).toBeGreaterThan(5);
  expect(await entriesOf(path)).toEqual(numbered(saved));
});

test('a checkpoint that is missing or of no use is told as such, never a failure', async () => {
  const folder = await temporaryFolder();
  const path = join(folder, 'checkpoint.json');
  expect(await readCheckpoint(path)).toEqual({ kind: 'missing' });
  await writeFile(path, 'no checkpoint');
  expect(await readCheckpoint(path)).toEqual({ kind: 'unusable', reason: 'the checkpoint is damaged' });
  expect(await readCheckpoint(folder)).toMatchObject({
    kind: 'unusable',
    reason: expect.stringContaining('EISDIR'),
  });
});

test('a checkpoint that cannot be written is told with its path, and leaves nothing behind', async () => {
  const folder = await temporaryFolder();
  const path = join(folder, 'checkpoint.json');
  await mkdir(path);
  await writeFile(join(path, 'in-the-way'), '');
  const refusal = { code: 'E_CHECKPOINT', message: expect.stringContaining(path) };
  await expect(CheckpointWriter.create(path, exampleHead, [])).rejects.toMatchObject(refusal);
  expect(await readdir(folder)).toEqual(['checkpoint.json']);
  const below = join(folder, 'checkpoint.json', 'in-the-way', 'checkpoint.json');
  await expect(CheckpointWriter.create(below, exampleHead, [])).rejects.toMatchObject({
    code: 'E_CHECKPOINT',
  });
});
