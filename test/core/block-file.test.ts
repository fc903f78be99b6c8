import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { BlockFile } from '../../src/core/block-file.ts';
import { temporaryFolder } from '../support/folder.ts';

const blockOf = (position: number) => Buffer.alloc(100_000 + (position % 7), position % 251);

function fill(count: number): BlockFile {
  const file = new BlockFile();
  for (let position = 0; position < count; position++) file.put(blockOf(position));
  return file;
}

function expectAll(file: BlockFile, count: number): void {
  for (let step = 0; step < 2 * count; step++) {
    const position = (step * 31) % count;
    expect(file.get(position).equals(blockOf(position))).toBe(true);
  }
  expect(() => file.get(count)).toThrow('no block');
  expect(() => file.get(-1)).toThrow('no block');
}

test.each([1, 20, 21, 22, 60])('%i blocks are got as they were put, in any order', (count) => {
  expectAll(fill(count), count);
});

test('its file has no name, so that nothing is left however the process ends', async () => {
  const before = process.env['TMPDIR'];
  const folder = await temporaryFolder();
  process.env['TMPDIR'] = folder;
  try {
    const file = fill(60);
    expect(readdirSync(folder)).toEqual([]);
    const open = execFileSync('ls', ['-l', `/proc/${process.pid}/fd`], { encoding: 'utf8' });
    expect(open).toContain(`${folder}/storydredge-backup-`);
    expectAll(file, 60);
  } finally {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
  }
});

test('where no file can be written, the blocks stay in memory', async () => {
  const before = process.env['TMPDIR'];
  process.env['TMPDIR'] = `${await temporaryFolder()}/none`;
  try {
    expectAll(fill(60), 60);
  } finally {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
  }
});

test('a block that was read into memory of its own stays while others are read, in the file and before it', () => {
  const file = fill(60);
  expect(file.mostBytes).toBe(100_006);
  for (const position of [0, 3, 59]) {
    const spare = Buffer.alloc(file.mostBytes);
    const block = file.get(position, spare);
    for (let other = 0; other < 60; other++) file.get(other);
    expect(block.equals(blockOf(position))).toBe(true);
  }
  // Too small to be used.
  expect(file.get(1, Buffer.alloc(5)).equals(blockOf(1))).toBe(true);
  expectAll(file, 60);
});
