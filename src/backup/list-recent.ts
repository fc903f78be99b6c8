import type { RecentRow } from '../format/manifest.ts';
import type { Bounds } from '../ranges/range-source.ts';
import type { RangeStrategy } from '../ranges/strategy.ts';

/** So many rows of a table are listed at most, in so many bytes of the manifest. */
export const recentBudget = { rows: 20_000, bytes: 1 << 20 };

interface Candidate extends Bounds {
  readonly position: number;
  /** Recent rows of the range. */
  readonly rows: number;
}

/**
 * Lists the rows at or above this snapshot's xmin: they are shipped, but a later run could take them for new. While a
 * transaction stays open for long these are all rows written since it began, so a table has a budget for them. Ranges with
 * few come first; one whose rows are not listed is read again as a whole should it change.
 */
export class RecentRows {
  readonly #budget: typeof recentBudget;
  #candidates: Candidate[] = [];

  constructor(budget = recentBudget) {
    this.#budget = budget;
  }

  /** @param position of the range among those of the table; rising from call to call */
  add({ lo, hi }: Bounds, rows: number, position: number): void {
    if (rows === 0) return;
    this.#candidates.push({ lo, hi, rows, position });
    // Each has a row at least: no more of them can be listed than the budget has rows.
    if (this.#candidates.length > 2 * this.#budget.rows) this.#candidates = this.#fewest();
  }

  #fewest(): Candidate[] {
    return this.#candidates.toSorted((a, b) => a.rows - b.rows).slice(0, this.#budget.rows);
  }

  /** The rows by the position of their range, of those that the budget allows. */
  async list(strategy: RangeStrategy, snapshotXmin: string): Promise<Map<number, readonly RecentRow[]>> {
    const toList = takeWhileFits(this.#fewest(), ({ rows }) => rows, this.#budget.rows);
    const lists = await strategy.listChanged(toList.map(({ lo, hi }) => ({ lo, hi, asOf: snapshotXmin })));
    const listed = toList.map(({ position }, index) => [position, lists[index] ?? []] as const);
    return new Map(takeWhileFits(listed, ([, rows]) => bytesOf(rows), this.#budget.bytes));
  }
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
