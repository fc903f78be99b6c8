import { expect, test } from 'vitest';
import { computingThreads, threadCount } from '../../../src/core/threads/thread-count.ts';

test('a core is left to the main thread, and two workers share a thread', () => {
  expect(threadCount(4, 2)).toBe(1);
  expect(threadCount(4, 4)).toBe(2);
  expect(threadCount(4, 64)).toBe(2);
  expect(threadCount(5, 64)).toBe(3);
  expect(threadCount(64, 8)).toBe(7);
});

test('there is one thread at least', () => {
  expect(threadCount(1, 1)).toBe(1);
  expect(threadCount(1, 64)).toBe(1);
  expect(threadCount(64, 1)).toBe(1);
});

test('what only computes has all cores, and no more threads than workers', () => {
  expect(
    [
      [4, 2],
      [4, 8],
      [1, 8],
      [8, 1],
    ].map(([workers, cores]) => computingThreads(workers ?? 0, cores)),
  ).toEqual([2, 4, 1, 1]);
});
