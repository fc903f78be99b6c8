import { expect, test } from 'vitest';
import { LentMemory } from '../../src/core/lent-memory.ts';

const large = 3 * 1024 * 1024;

test('what a thread hands back is lent again, and all views of it are empty', () => {
  const memory = new LentMemory();
  const first = memory.into(large).fill(1);
  const [moved = expect.fail('nothing moves')] = memory.memoryOf(first);
  expect(moved).toBe(first.buffer);
  // Not handed back: it is still read from.
  const second = memory.into(large).fill(2);
  expect([first[5], second[5]]).toEqual([1, 2]);
  memory.takeBack([structuredClone(moved, { transfer: [moved] })]);
  expect(first).toHaveLength(0);
  expect(memory.into(large - 10)[5]).toBe(1);
  expect(second[5]).toBe(2);
});

test('what moves is what was lent, with the room behind it, and other memory only where it is just that', () => {
  const memory = new LentMemory();
  const lent = memory.into(large - 100);
  const own = new Uint8Array(100_000);
  const shared = new Uint8Array(100_000).subarray(1);
  expect(lent).toHaveLength(large - 100);
  expect(memory.memoryOf(lent, own, shared, lent)).toEqual([lent.buffer, own.buffer]);
});

test('small chunks get memory of their size', () => {
  const memory = new LentMemory();
  expect(memory.into(1000).buffer.byteLength).toBe(1000);
});
