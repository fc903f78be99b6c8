import type { ColumnEncoding } from '../../format/columns.ts';

/** How the loops over whole rows know a column: by number. Timestamps are last. */
export const kinds: Readonly<Record<ColumnEncoding, number>> = {
  text: 0,
  integer: 1,
  float: 2,
  boolean: 3,
  timestamp: 4,
  timestamptz: 5,
};

/** Bytes of a column's record: its kind, where its fixed bytes begin from the start of the table, how many they are, nothing. */
export const recordBytes = 16;
export const fixedAtField = 4;
export const fixedLengthField = 8;

/** The loops copy and compare so many bytes at once. */
const blockBytes = 16;

/** What `encodeRows` and `decodeRows` of the program know of a table. */
export interface ColumnTable {
  readonly bytes: Uint8Array;
  readonly columns: number;
}

/**
 * The columns as the program reads them from its memory.
 *
 * @param fixed what stands before the value of each column; for the first one with what ends the row before
 */
export function columnTable(encodings: readonly ColumnEncoding[], fixed: readonly Buffer[]): ColumnTable {
  const starts: number[] = [];
  let length = encodings.length * recordBytes;
  for (const bytes of fixed) {
    starts.push(length);
    length += Math.ceil(bytes.length / blockBytes) * blockBytes;
  }
  const table = Buffer.alloc(length);
  for (const [column, encoding] of encodings.entries()) {
    const bytes = fixed[column] ?? Buffer.alloc(0);
    const [at, start] = [column * recordBytes, starts[column] ?? 0];
    table.writeInt32LE(kinds[encoding], at);
    table.writeInt32LE(start, at + fixedAtField);
    table.writeInt32LE(bytes.length, at + fixedLengthField);
    bytes.copy(table, start);
  }
  return { bytes: table, columns: encodings.length };
}
