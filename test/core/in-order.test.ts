import { expect, test } from 'vitest';
import { inOrder } from '../../src/core/in-order.ts';

test('results come in the order of the items, however long each takes, and no more are under way than may be', async () => {
  const waiting: (() => void)[] = [];
  let most = 0;
  let active = 0;
  const results = inOrder([3, 1, 2, 5, 4], 3, async (item) => {
    active += 1;
    most = Math.max(most, active);
    if (item === 3) await new Promise<void>((resolve) => waiting.push(resolve));
    else if (item === 2) waiting.forEach((resolve) => resolve());
    active -= 1;
    return item * 10;
  });
  const found: number[] = [];
  for await (const result of results) found.push(result);
  expect(found).toEqual([30, 10, 20, 50, 40]);
  expect(most).toBeLessThanOrEqual(3);
});

test('a failure comes in its turn, and a consumer that stops waits for what is under way', async () => {
  const done: number[] = [];
  const work = async (item: number) => {
    await new Promise((resolve) => setImmediate(resolve));
    done.push(item);
    if (item === 2) throw new Error('two');
    return item;
  };
  const found: number[] = [];
  const consume = async () => {
    for await (const result of inOrder([1, 2, 3, 4], 3, work)) found.push(result);
  };
  await expect(consume()).rejects.toThrow('two');
  expect(found).toEqual([1]);
  expect(done.length).toBeGreaterThanOrEqual(3);
  const before = done.length;
  for await (const result of inOrder([7, 8, 9], 2, work)) if (result === 7) break;
  expect(done.slice(before)).toEqual([7, 8]);
});
