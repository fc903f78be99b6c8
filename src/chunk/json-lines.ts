import type { ColumnFormat } from '../format/columns.ts';
import { NEWLINE } from './bytes.ts';
import { encodeRows } from './encode-rows.ts';

const COMMA = 0x2c;
/** What a file begins with, before its first row: `[` and a line feed; and what it ends with: `]` and a line feed. */
const bracketBytes = 2;

/** The row objects of a chunk's JSON form, each on a line of its own without a comma: JSON Lines. */
export function jsonLines(copyText: Uint8Array, columns: readonly ColumnFormat[]): Buffer {
  const json = encodeRows(copyText, columns);
  let to = 0;
  for (let from = bracketBytes; from < json.length - bracketBytes;) {
    const newline = json.indexOf(NEWLINE, from);
    // A row object ends with a brace: a comma behind it is the array's own.
    const end = json[newline - 1] === COMMA ? newline - 1 : newline;
    json.copyWithin(to, from, end);
    to += end - from;
    json[to++] = NEWLINE;
    from = newline + 1;
  }
  return json.subarray(0, to);
}
