import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { FetchLimit } from '../../src/core/fetch-limit.ts';

/** Uses so many chunks, of a store and threads that take so many turns each, and tells how many were under way at once in the end. */
async function mostInTheEnd(
  limit: FetchLimit,
  { threads, storeTurns, threadTurns }: { threads: number; storeTurns: number; threadTurns: number },
): Promise<number> {
  let [underWay, ended] = [0, 0];
  const most: number[] = [];
  const free = Array.from({ length: threads }, () => Promise.resolve());
  const turns = async (count: number) => {
    for (let turn = 0; turn < count; turn++) await setImmediate();
  };
  const use = async () => {
    // Each thread takes one after the other.
    const before = free.shift();
    const done = Promise.resolve(before).then(() => turns(threadTurns));
    free.push(done);
    await done;
  };
  const work = async () => {
    underWay += 1;
    if (ended > 800) most.push(underWay);
    await turns(storeTurns);
    await limit.use(use);
    underWay -= 1;
    ended += 1;
  };
  await Promise.all(Array.from({ length: 1000 }, () => limit.run(work)));
  expect(ended).toBe(1000);
  return Math.max(...most);
}

test.each([1, 3])(
  'one chunk more than %i threads lies in memory while these have enough to do',
  async (threads) => {
    const limit = new FetchLimit(threads, 20);
    expect(await mostInTheEnd(limit, { threads, storeTurns: 1, threadTurns: 30 })).toBeLessThanOrEqual(
      threads + 2,
    );
  },
);

test('more are fetched at once the longer the store takes, and not more than are allowed', async () => {
  const slow = { threads: 1, storeTurns: 100, threadTurns: 10 };
  const limit = new FetchLimit(1, 20);
  expect(await mostInTheEnd(limit, slow)).toBeGreaterThanOrEqual(9);
  limit.allow(5);
  expect(await mostInTheEnd(limit, slow)).toBe(5);
  // The store has become quick.
  expect(await mostInTheEnd(limit, { ...slow, storeTurns: 1 })).toBeLessThanOrEqual(3);
});

test('however few are allowed, one is fetched while another is used', async () => {
  const limit = new FetchLimit(1, 1);
  expect(await mostInTheEnd(limit, { threads: 1, storeTurns: 100, threadTurns: 1 })).toBe(2);
});
