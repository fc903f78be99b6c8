import { expect, test } from 'vitest';
import { PatchKeys } from '../../src/backup/patch-keys.ts';

const rows = { keys: Uint8Array.of(0x31), starts: Uint32Array.of(0, 1), digests: BigUint64Array.of(1n) };

test('the keys of a patch chunk are read once for all ranges, and again once many others were', async () => {
  const keys = new PatchKeys();
  const read: number[] = [];
  const ask = async (number: number, count: number) =>
    keys.of(number, count, async () => {
      read.push(number);
      return rows;
    });
  expect(await Promise.all([ask(1, 20_000), ask(1, 20_000), ask(2, 20_000)])).toEqual([rows, rows, rows]);
  await ask(1, 20_000);
  expect(read).toEqual([1, 2]);
  // 2 was not used for longer than 1.
  await ask(3, 20_000);
  await ask(1, 20_000);
  await ask(2, 20_000);
  expect(read).toEqual([1, 2, 3, 2]);
  await ask(4, 1_000_000);
  await ask(4, 1_000_000);
  await ask(2, 20_000);
  expect(read).toEqual([1, 2, 3, 2, 4, 2]);
});

test('keys that could not be read are asked for again', async () => {
  const keys = new PatchKeys();
  const fail = async () => Promise.reject(new Error('not now'));
  await expect(keys.of(1, 1, fail)).rejects.toThrow('not now');
  expect(await keys.of(1, 1, async () => rows)).toBe(rows);
});
