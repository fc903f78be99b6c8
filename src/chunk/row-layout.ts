import type { ColumnEncoding, ColumnFormat } from '../format/columns.ts';
import { columnTable, type ColumnTable } from './wasm/column-table.ts';

/** Fixed bytes of the JSON form, as little-endian words: they are written and compared four at a time. */
export interface FixedBytes {
  /** The last word is padded with zeros. */
  readonly words: Int32Array;
  /** Length in bytes, without padding. */
  readonly length: number;
  /** Which bits of the last word count. */
  readonly lastMask: number;
}

/** What stands between the values of rows of one table. */
export interface RowLayout {
  readonly encodings: readonly ColumnEncoding[];
  /** Before the first value of the file: `[\n{"id":`. */
  readonly fileStart: FixedBytes;
  /** Before the first value of any further row: `},\n{"id":`. */
  readonly rowStart: FixedBytes;
  /** Before the value of column i: `,"title":`; entry 0 is unused. */
  readonly before: readonly FixedBytes[];
  /** `}\n]\n`. */
  readonly fileEnd: FixedBytes;
  /** The file of a table without rows: `[\n]\n`. */
  readonly emptyFile: FixedBytes;
  /** No row's JSON is longer than its `COPY` text and this, as long as no byte of a value is escaped. */
  readonly maxOverhead: number;
  /** All of this for the program's loops over rows. */
  readonly table: ColumnTable;
}

export const NULL_WORD = wordOf('null');
export const TRUE_WORD = wordOf('true');
/** The first four bytes of `false`. */
export const FALS_WORD = wordOf('fals');

const layouts = new WeakMap<readonly ColumnFormat[], RowLayout>();

/** The fixed parts of the JSON of rows with these columns, which must not change. */
export function layoutOf(columns: readonly ColumnFormat[]): RowLayout {
  const known = layouts.get(columns);
  if (known) return known;
  const layout = computeLayout(columns);
  layouts.set(columns, layout);
  return layout;
}

function computeLayout(columns: readonly ColumnFormat[]): RowLayout {
  const names = columns.map((column) => `${JSON.stringify(column.name)}:`);
  const first = names[0] ?? '';
  const before = names.map((name) => fixedBytes(`,${name}`));
  const separators = before.reduce((sum, part) => sum + part.length, 0);
  const encodings = columns.map((column) => column.encoding);
  const fixed = names.map((name, index) => Buffer.from(index === 0 ? `},\n{${name}` : `,${name}`));
  return {
    encodings,
    table: columnTable(encodings, fixed),
    fileStart: fixedBytes(`[\n{${first}`),
    rowStart: fixedBytes(`},\n{${first}`),
    before,
    fileEnd: fixedBytes('}\n]\n'),
    emptyFile: fixedBytes('[\n]\n'),
    // A value gains at most four bytes (`false` for `f`); the rest covers what ends a row or file, and padding.
    maxOverhead: separators + 4 * columns.length + 64,
  };
}

/** How long JSON may be, in bytes. */
export interface JsonBytes {
  /** None is longer. */
  readonly most: number;
  /** Hardly one is longer. */
  readonly usual: number;
}

/** Of so many rows and bytes of `COPY` text: a byte becomes six at most, but few do. */
export function jsonBytes(rows: number, copyBytes: number, columns: readonly ColumnFormat[]): JsonBytes {
  const overhead = (rows + 1) * layoutOf(columns).maxOverhead;
  return { most: 6 * copyBytes + overhead, usual: Math.ceil(1.1 * copyBytes) + overhead };
}

/** No JSON of that many rows and bytes of `COPY` text is longer. */
export function mostJsonBytes(rows: number, copyBytes: number, columns: readonly ColumnFormat[]): number {
  return jsonBytes(rows, copyBytes, columns).most;
}

function fixedBytes(text: string): FixedBytes {
  const bytes = Buffer.from(text, 'utf8');
  const padded = Buffer.alloc(Math.ceil(bytes.length / 4) * 4);
  bytes.copy(padded);
  const words = Int32Array.from({ length: padded.length / 4 }, (_, index) => padded.readInt32LE(index * 4));
  const rest = bytes.length % 4;
  return { words, length: bytes.length, lastMask: rest === 0 ? -1 : (1 << (rest * 8)) - 1 };
}

function wordOf(text: string): number {
  return Buffer.from(text, 'latin1').readInt32LE(0);
}
