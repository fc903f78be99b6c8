import type { Entries } from '../format/entries.ts';
import type { RecentRow } from '../format/manifest.ts';
import type { RangeScan, ScanBounds } from './fingerprints.ts';
import type { Bounds } from './range-source.ts';

/** A way to cut a table into ranges. Every call reads within the run's snapshot. */
export interface RangeStrategy {
  /**
   * Cuts an interval into ranges of about `chunkSize` rows. What has no rows may give no range.
   * @param rows how many rows it has, where that is known
   * @param most ranges to give: where there are so many, more may follow the last of them
   */
  cut(interval: Bounds, chunkSize: number, rows?: number, most?: number): Promise<Bounds[]>;
  /**
   * The fingerprint of each range, without reading large columns.
   * @param rowsEach rows of a range, about
   */
  scan(ranges: Entries<ScanBounds>, rowsEach?: number): Promise<RangeScan[]>;
  /** For each range, in its order, the rows whose 64-bit xid is at or above the range's `asOf`. */
  listChanged(ranges: readonly ScanBounds[]): Promise<RecentRow[][]>;
  /** The ranges in ascending order. */
  sort<Range extends Bounds>(ranges: readonly Range[]): Promise<Range[]>;
  /** Whether the ranges are disjoint and ascending, as they were when they were made. */
  areInOrder(ranges: Entries<Bounds>): Promise<boolean>;
}
