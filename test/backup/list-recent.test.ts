import { expect, test } from 'vitest';
import { listRecent } from '../../src/backup/list-recent.ts';
import type { RangeStep } from '../../src/backup/table-plan.ts';
import type { RangeStrategy } from '../../src/ranges/strategy.ts';

/** Steps of ranges with so many recent rows each; the upper bound tells which. */
function stepsWith(...recent: number[]): RangeStep[] {
  return recent.map((rows, index) => ({
    kind: 'base',
    lo: null,
    hi: [String(index)],
    reason: '',
    scan: { rows: 1000, keyDigest: '', versionDigest: '', changed: 0, recent: rows },
    recent: [],
    replaces: null,
  }));
}

/** Lists as many rows as each step of `steps` has, with keys of so many bytes. */
function strategyFor(steps: readonly RangeStep[], keyBytes: number): Pick<RangeStrategy, 'listChanged'> {
  const row = { key: ['k'.repeat(keyBytes)], xmin: '700' };
  return {
    listChanged: async (ranges) =>
      ranges.map(({ hi }) => Array.from({ length: steps[Number(hi?.[0])]?.scan.recent ?? 0 }, () => row)),
  };
}

async function listed(recent: readonly number[], budget: { rows: number; bytes: number }, keyBytes = 1) {
  const steps = stepsWith(...recent);
  const result = await listRecent(strategyFor(steps, keyBytes) as RangeStrategy, '700', steps, budget);
  return result.map((step) => step.recent?.length ?? null);
}

test('ranges with few recent rows are listed before those with many', async () => {
  expect(await listed([500, 0, 3, 40], { rows: 100, bytes: 1e6 })).toEqual([null, 0, 3, 40]);
  expect(await listed([500, 0, 3, 40], { rows: 543, bytes: 1e6 })).toEqual([500, 0, 3, 40]);
});

test('long keys count by their bytes', async () => {
  expect(await listed([5, 2], { rows: 100, bytes: 300 }, 100)).toEqual([null, 2]);
  expect(await listed([5, 2], { rows: 100, bytes: 3000 }, 100)).toEqual([5, 2]);
});
