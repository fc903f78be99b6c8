import { inOrder } from '../core/in-order.ts';
import type { ComparedTable } from './compared-table.ts';
import type { DiffInput, TableDiff } from './diff-input.ts';
import type { SegmentWork } from './diff-parts.ts';

export interface CompareParts {
  readonly take: DiffInput['take'];
  /** Segments that are under way at once. */
  readonly atOnce: number;
  /** Told of rows that are done. */
  readonly progress: (rows: number) => void;
}

/** Looks into the segments of a table, counts what differs and hands it on, in their order. */
export async function compareTable(
  table: ComparedTable,
  rows: { readonly before: number; readonly after: number | null },
  works: readonly SegmentWork[],
  { take, atOnce, progress }: CompareParts,
): Promise<TableDiff> {
  const counts = { inserted: 0, updated: 0, deleted: 0 };
  const ranges = { rangesSkipped: 0, rangesRead: 0 };
  let rowsAfter = 0;
  for await (const segment of inOrder(works, atOnce, (work) => work())) {
    for await (const batch of segment.batches) {
      for (const { change } of batch) counts[change] += 1;
      if (batch.length > 0) await take?.(table, batch);
    }
    ranges.rangesSkipped += segment.rangesSkipped;
    ranges.rangesRead += segment.rangesRead;
    rowsAfter += segment.rowsAfter ?? 0;
    progress(segment.rows);
  }
  const { name, matchedBy, differences } = table;
  return {
    table: name,
    state: 'compared',
    rowsBefore: rows.before,
    rowsAfter: rows.after ?? rowsAfter,
    ...counts,
    matchedBy,
    differences,
    ...ranges,
  };
}
