import { expect, test } from 'vitest';
import { SpareMemory } from '../../src/core/spare-memory.ts';

const mebibyte = 1024 * 1024;

test('what was given is taken again, where it is large enough', () => {
  const spare = new SpareMemory();
  const first = spare.take(3 * mebibyte);
  const second = spare.take();
  expect(second).not.toBe(first);
  spare.give(second, first);
  expect(spare.take(2 * mebibyte)).toBe(first);
  expect(spare.take(2 * mebibyte)).not.toBe(second);
  expect(spare.take()).toBe(second);
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

test('no more is kept than a thread is likely to need, and what is empty is not kept at all', () => {
  const spare = new SpareMemory();
  const all = Array.from({ length: 12 }, () => spare.take());
  spare.give(new ArrayBuffer(0), ...all);
  expect(all.filter(({ byteLength }) => byteLength === 0)).toHaveLength(4);
});
