import type { ComparedTable } from './compared-table.ts';
import { matchRows, nameOf, type RowChange } from './match-rows.ts';
import { partitions, SpilledRows } from './spilled-rows.ts';

/** Rows of one side of a segment, to be read once or more. */
export interface SegmentRows {
  readonly rows: number;
  /** As `COPY` text; an estimate may be too large. */
  readonly bytes: number;
  /** Pieces of whole rows. */
  read(): AsyncIterable<Uint8Array>;
}

export interface SegmentLimits {
  /** Memory that the rows of both sides may take at once. */
  readonly memoryBytes: number;
  /** A folder for temporary files of this process. */
  readonly folder: () => Promise<string>;
}

/** What a row takes in memory besides its text: its name and its place in a table. */
const rowOverhead = 200;
/** A part of 64^5 that is still too large is one row many times, which takes the memory of one. */
const deepestLevel = 4;

let lastFile = 0;

/** Whether both sides fit into the memory allowed. */
export function isSmall(before: SegmentRows, after: SegmentRows, { memoryBytes }: SegmentLimits): boolean {
  return before.bytes + after.bytes + rowOverhead * (before.rows + after.rows) <= memoryBytes;
}

/**
 * The rows that differ between the two sides of a segment, in batches. What is too large for memory is sorted by hash
 * into temporary files first, and each part is compared by itself.
 */
export async function* diffSegment(
  table: ComparedTable,
  before: SegmentRows,
  after: SegmentRows,
  limits: SegmentLimits,
  level = 0,
): AsyncGenerator<readonly RowChange[], void, undefined> {
  if (level > deepestLevel || isSmall(before, after, limits)) {
    yield await matchRows(table, before.read(), after.read());
    return;
  }
  const folder = await limits.folder();
  const spill = async (rows: SegmentRows, side: ComparedTable['before']) =>
    SpilledRows.write(rows.read(), (row) => nameOf(row, side), level, folder, `rows_${++lastFile}`);
  const first = await spill(before, table.before);
  try {
    const second = await spill(after, table.after);
    try {
      for (let number = 0; number < partitions; number++) {
        const part = (spilled: SpilledRows): SegmentRows => ({
          ...spilled.sizeOf(number),
          read: () => spilled.rows(number),
        });
        yield* diffSegment(table, part(first), part(second), limits, level + 1);
      }
    } finally {
      await second.remove();
    }
  } finally {
    await first.remove();
  }
}
