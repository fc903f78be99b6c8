import { expect, test } from 'vitest';
import { SpareMemory } from '../../src/core/spare-memory.ts';

const mebibyte = 1024 * 1024;

test('what was given is taken again, where it is large enough, and all views of it are empty', () => {
  const spare = new SpareMemory();
  const first = new Uint8Array(spare.take(3 * mebibyte)).fill(1);
  const second = new Uint8Array(spare.take()).fill(2);
  spare.give(second.buffer, first.buffer);
  expect([first.length, second.length]).toEqual([0, 0]);
  const marks = [spare.take(2 * mebibyte), spare.take(), spare.take()].map(
    (memory) => new Uint8Array(memory)[5],
  );
  expect(marks.slice(0, 2)).toEqual([1, 2]);
  expect(marks[2]).not.toBe(1);
});

test('what is given twice is kept once', () => {
  const spare = new SpareMemory();
  const memory = spare.take();
  spare.give(memory, memory);
  spare.give(memory);
  new Uint8Array(spare.take())[0] = 7;
  const other = new Uint8Array(spare.take());
  other[0] = 8;
  expect(other[0]).toBe(8);
});

test('what is smaller than chunks usually take goes at once, and what is new has room for as much', () => {
  const spare = new SpareMemory();
  const small = spare.take();
  spare.used(small.byteLength + 1);
  spare.used(5);
  spare.give(small);
  expect(small.byteLength).toBe(0);
  expect(spare.take().byteLength).toBeGreaterThan(mebibyte);
});

test('no more is kept than a thread is likely to need', () => {
  const spare = new SpareMemory();
  const all = Array.from({ length: 12 }, () => new Uint8Array(spare.take()).fill(9));
  spare.give(new ArrayBuffer(0), ...all.map(({ buffer }) => buffer));
  const again = all.map(() => spare.take(2 * mebibyte - mebibyte)).map((memory) => memory.byteLength);
  expect(again.every((bytes) => bytes === mebibyte)).toBe(true);
});
