import { expect, test } from 'vitest';
import { RecentRows } from '../../src/backup/list-recent.ts';
import type { RangeStrategy } from '../../src/ranges/strategy.ts';

/** Lists as many rows of each range as `recent` says, with keys of so many bytes; the upper bound tells which range it is. */
function strategyFor(recent: readonly number[], keyBytes: number): Pick<RangeStrategy, 'listChanged'> {
  const row = { key: ['k'.repeat(keyBytes)], xmin: '700' };
  return {
    listChanged: async (ranges) =>
      ranges.map(({ hi }) => Array.from({ length: recent[Number(hi?.[0])] ?? 0 }, () => row)),
  };
}

/** Rows that were listed of each range; undefined where none were. */
async function listed(recent: readonly number[], budget: { rows: number; bytes: number }, keyBytes = 1) {
  const rows = new RecentRows(budget);
  for (const [index, count] of recent.entries()) rows.add({ lo: null, hi: [String(index)] }, count, index);
  const lists = await rows.list(strategyFor(recent, keyBytes) as RangeStrategy, '700');
  return recent.map((_, index) => lists.get(index)?.length);
}

test('ranges with few recent rows are listed before those with many', async () => {
  expect(await listed([500, 0, 3, 40], { rows: 100, bytes: 1e6 })).toEqual([undefined, undefined, 3, 40]);
  expect(await listed([500, 0, 3, 40], { rows: 543, bytes: 1e6 })).toEqual([500, undefined, 3, 40]);
});

test('long keys count by their bytes', async () => {
  expect(await listed([5, 2], { rows: 100, bytes: 300 }, 100)).toEqual([undefined, 2]);
  expect(await listed([5, 2], { rows: 100, bytes: 3000 }, 100)).toEqual([5, 2]);
});

test('of however many ranges, those with the fewest are listed', async () => {
  const recent = Array.from({ length: 200 }, (_, index) => 1 + ((index * 37) % 200));
  const lists = await listed(recent, { rows: 21, bytes: 1e6 });
  expect(recent.filter((_, index) => lists[index] !== undefined).sort((a, b) => a - b)).toEqual([
    1, 2, 3, 4, 5, 6,
  ]);
});
