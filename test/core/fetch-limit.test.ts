import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { FetchLimit } from '../../src/core/fetch-limit.ts';

// On a clock of their own, the store and the threads take just as long as is said, however busy the machine is.
beforeAll(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] });
});
afterAll(() => {
  vi.useRealTimers();
});

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

/** Uses so many chunks, of a store and threads that take so long each, and tells how many were under way at once in the end. */
async function mostInTheEnd(
  limit: FetchLimit,
  { threads, storeMs, threadMs }: { threads: number; storeMs: number; threadMs: number },
): Promise<number> {
  let [underWay, ended] = [0, 0];
  const most: number[] = [];
  const free = Array.from({ length: threads }, () => Promise.resolve());
  const use = async () => {
    // Each thread takes one after the other.
    const before = free.shift();
    const done = Promise.resolve(before).then(() => pause(threadMs));
    free.push(done);
    await done;
  };
  const work = async () => {
    underWay += 1;
    if (ended > 800) most.push(underWay);
    await pause(storeMs);
    await limit.use(use);
    underWay -= 1;
    ended += 1;
  };
  const all = Promise.all(Array.from({ length: 1000 }, () => limit.run(work)));
  await vi.runAllTimersAsync();
  await all;
  expect(ended).toBe(1000);
  return Math.max(...most);
}

test.each([1, 3])(
  'one chunk more than %i threads lies in memory while these have enough to do',
  async (threads) => {
    const limit = new FetchLimit(threads, 20);
    expect(await mostInTheEnd(limit, { threads, storeMs: 1, threadMs: 30 })).toBe(threads + 1);
  },
);

test('more are fetched at once the longer the store takes, and not more than are allowed', async () => {
  const slow = { threads: 1, storeMs: 100, threadMs: 10 };
  const limit = new FetchLimit(1, 20);
  // Of 110 ms a chunk takes 10 of the thread's: eight leave it less than a third to wait.
  expect(await mostInTheEnd(limit, slow)).toBe(8);
  limit.allow(5);
  expect(await mostInTheEnd(limit, slow)).toBe(5);
  // The store has become quick.
  expect(await mostInTheEnd(limit, { ...slow, storeMs: 1 })).toBe(2);
});

test('however few are allowed, one is fetched while another is used', async () => {
  const limit = new FetchLimit(1, 1);
  expect(await mostInTheEnd(limit, { threads: 1, storeMs: 100, threadMs: 1 })).toBe(2);
});
