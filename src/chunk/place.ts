import { BackupError } from '../core/errors.ts';
import type { ColumnFormat } from '../format/columns.ts';
import { NEWLINE, TAB } from './bytes.ts';

/** Names the row (from 1) and column that the byte at `offset` of `COPY` text belongs to: `row 3, column "title"`. */
export function placeInCopyText(
  copyText: Uint8Array,
  offset: number,
  columns: readonly ColumnFormat[],
): string {
  let row = 1;
  let column = 0;
  const end = Math.min(offset, copyText.length);
  for (let at = 0; at < end; at++) {
    if (copyText[at] === NEWLINE) {
      row++;
      column = 0;
    } else if (copyText[at] === TAB) {
      column++;
    }
  }
  return placeName(row, columns[column]);
}

/** The row that the byte at `offset` of the JSON form belongs to: its line, as the first line holds only a bracket. */
export function rowOfLine(json: Uint8Array, offset: number): number {
  let row = 0;
  for (let at = 0; at < offset; at++) if (json[at] === NEWLINE) row++;
  return row;
}

/** Rows that end in the `COPY` text. */
export function countRows(copyText: Uint8Array): number {
  let rows = 0;
  for (const byte of copyText) if (byte === NEWLINE) rows++;
  return rows;
}

/** `row 3, column "title"`; without the column where none is given. */
export function placeName(row: number, column: ColumnFormat | undefined): string {
  return column === undefined ? `row ${row}` : `row ${row}, column ${JSON.stringify(column.name)}`;
}

/** The same failure, of rows that follow so many others. */
export function afterRows(error: unknown, rows: number): unknown {
  if (!(error instanceof BackupError) || rows === 0) return error;
  const message = error.message.replace(/^row (\d+)/, (_, row: string) => `row ${rows + Number(row)}`);
  return new BackupError(error.code, message, { hint: error.hint, cause: error.cause });
}
