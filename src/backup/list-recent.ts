import type { RecentRow } from '../format/manifest.ts';
import type { RangeStrategy } from '../ranges/strategy.ts';
import type { RangeStep } from './table-plan.ts';

/** So many rows of a table are listed at most, in so many bytes of the manifest. */
export const recentBudget = { rows: 20_000, bytes: 1 << 20 };

/**
 * Fills in the rows at or above this snapshot's xmin: they are shipped, but a later run could take them for new. While a
 * transaction stays open for long these are all rows written since it began, so a table has a budget for them. Ranges with
 * few come first; one whose rows are not listed is read again as a whole should it change.
 */
export async function listRecent(
  strategy: RangeStrategy,
  snapshotXmin: string,
  steps: readonly RangeStep[],
  budget = recentBudget,
): Promise<RangeStep[]> {
  const withRecent = steps.filter(({ scan }) => scan.recent > 0);
  const fewestFirst = withRecent.sort((a, b) => a.scan.recent - b.scan.recent);
  const toList = takeWhileFits(fewestFirst, ({ scan }) => scan.recent, budget.rows);
  const bounds = toList.map(({ lo, hi }) => ({ lo, hi, asOf: snapshotXmin }));
  const lists = await strategy.listChanged(bounds);
  const listed = toList.map((step, index) => ({ step, rows: lists[index] ?? [] }));
  const kept = takeWhileFits(listed, ({ rows }) => bytesOf(rows), budget.bytes);
  const byStep = new Map(kept.map(({ step, rows }) => [step, rows]));
  return steps.map((step) => (step.scan.recent === 0 ? step : { ...step, recent: byStep.get(step) ?? null }));
}

/** The items from the first on whose costs together stay within the budget. */
function takeWhileFits<Item>(items: readonly Item[], costOf: (item: Item) => number, budget: number): Item[] {
  let sum = 0;
  const end = items.findIndex((item) => {
    sum += costOf(item);
    return sum > budget;
  });
  return items.slice(0, end < 0 ? items.length : end);
}

function bytesOf(rows: readonly RecentRow[]): number {
  return Buffer.byteLength(JSON.stringify(rows));
}
