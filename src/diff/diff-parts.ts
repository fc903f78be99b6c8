import type { ComparedTable } from './compared-table.ts';
import { diffSegment, isSmall, type SegmentLimits, type SegmentRows } from './diff-segment.ts';
import type { TableDiff } from './diff-input.ts';
import type { RowChange } from './match-rows.ts';
import type { PointReader } from './point-reader.ts';

/** The means of a comparison. */
export interface DiffMeans {
  readonly points: PointReader;
  readonly limits: SegmentLimits;
}

/** What a comparison found, and the name of what it compared with. */
export interface Compared {
  readonly to: string;
  readonly tables: readonly TableDiff[];
}

/** What was found out about one segment. */
export interface SegmentDiff {
  readonly batches: Iterable<readonly RowChange[]> | AsyncIterable<readonly RowChange[]>;
  readonly rangesSkipped: number;
  readonly rangesRead: number;
  /** Rows after; null where the manifest tells. */
  readonly rowsAfter: number | null;
  /** Rows before, for the progress. */
  readonly rows: number;
}

/** One segment to be looked into; several are under way at once. */
export type SegmentWork = () => Promise<SegmentDiff>;

/** Compared at once where it is small, so that several are under way; else as it is consumed. */
export async function batchesOf(
  table: ComparedTable,
  before: SegmentRows,
  after: SegmentRows,
  limits: SegmentLimits,
): Promise<SegmentDiff['batches']> {
  const batches = diffSegment(table, before, after, limits);
  if (!isSmall(before, after, limits)) return batches;
  const all: (readonly RowChange[])[] = [];
  for await (const batch of batches) all.push(batch);
  return all;
}
