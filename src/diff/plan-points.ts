import type { ManifestTable, RangeEntry } from '../format/manifest.ts';
import { storedTable } from '../repository/range-rows.ts';
import { alignRanges, withoutEqual, type Segment } from './align-ranges.ts';
import { sameOrder, type ComparedTable } from './compared-table.ts';
import { batchesOf, type SegmentWork } from './diff-parts.ts';
import type { SegmentLimits } from './diff-segment.ts';
import type { PointReader } from './point-reader.ts';

/**
 * The segments in which a table may differ between two restore points. What digests prove equal is in none of them: none of
 * its chunks is read.
 */
export function planPoints(
  table: ComparedTable,
  before: ManifestTable,
  after: ManifestTable,
  sameCollation: boolean,
  reader: PointReader,
  limits: SegmentLimits,
): SegmentWork[] {
  const [first, second] = [storedTable(before), storedTable(after)];
  const whole: Segment<RangeEntry, RangeEntry> = { before: before.ranges, after: after.ranges };
  const isComparable = table.before.compared === null;
  const segments = sameOrder(before, after, sameCollation) ? alignRanges(whole.before, whole.after) : [whole];
  return segments.map((segment) => async () => {
    const left = isComparable ? withoutEqual(segment) : segment;
    const sides = [reader.rowsOf(first, left.before), reader.rowsOf(second, left.after)] as const;
    const rangesRead = left.before.length + left.after.length;
    return {
      batches: rangesRead === 0 ? [] : await batchesOf(table, ...sides, limits),
      rangesSkipped: segment.before.length + segment.after.length - rangesRead,
      rangesRead,
      rowsAfter: null,
      rows: segment.before.reduce((sum, { rows }) => sum + rows, 0),
    };
  });
}
