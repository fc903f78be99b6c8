/**
 * The JSON form of rows: what a chunk holds, before compression.
 *
 * PostgreSQL sends rows as `COPY` text: values separated by tabs, rows ended by newlines, NULL as `\N`, and in the
 * values `\\ \b \f \n \r \t \v` for the characters they stand for; all other bytes as they are. The JSON form is an
 * array with one row object a line, keys in column order, without any space:
 *
 *     [
 *     {"id":1,"title":"A \"quoted\" title","timestamp":"2025-05-27T00:07:50"},
 *     {"id":2,"title":null,"timestamp":"2025-05-28T10:00:00.5"}
 *     ]
 *
 * It is canonical: for each `COPY` text there is exactly one such file, byte for byte, and the way back needs nothing
 * but the column list. The two forms share most escapes, so a value goes over nearly verbatim, and no value passes
 * through a number or date of the program. Per value:
 *
 * - NULL is `null` in every column.
 * - `text`: a string. `"` becomes `\"`, `\v` becomes `\u000b`, and the control characters that `COPY` sends as they
 *   are become `\u0001` to `\u001f`, in lower-case hex. All else is the same, so DEL and U+2028 stay as they are.
 * - `integer`, `float`: verbatim where the text is a JSON number, else a string: `"NaN"`, `"-Infinity"`.
 * - `boolean`: `true`, `false`; a string where the text is neither `t` nor `f`.
 * - `timestamp`: a string in which the first space is `T`. A `T` that stands before any space, which no timestamp of
 *   PostgreSQL has, is `\u0054`, so that the way back cannot mistake it.
 * - `timestamptz`: further, `+00` at the end is `Z`; and a `Z` at the end is `\u005a`.
 * - A byte that is not part of valid UTF-8 is `\udc80` to `\udcff` (see invalid-utf8.ts).
 *
 * A table without columns gives `{}` for each row; no rows at all give `[\n]\n`.
 */
import { isUtf8 } from 'node:buffer';
import type { ColumnFormat } from '../format/columns.ts';
import { Gathered, blockBytes, cutRows, linesOf } from './in-blocks.ts';
import { escapeInvalidUtf8 } from './invalid-utf8.ts';
import { afterRows, countRows } from './place.ts';
import { RowEncoder } from './row-encoder.ts';
import { layoutOf } from './row-layout.ts';
import { inWorkspace, type Workspace } from './wasm/workspace.ts';

/**
 * The JSON form of rows in `COPY` text, each ended by a newline. They are worked on in blocks of `most` bytes.
 * What it gives may have room behind it, and nobody else has a part in its memory.
 *
 * @throws BackupError `E_ENCODE`, naming row and column, for what `COPY TO` does not write: another number of columns,
 * an unknown escape, a control character that it would have escaped.
 */
export function encodeRows(
  copyText: Uint8Array,
  columns: readonly ColumnFormat[],
  most = blockBytes,
): Buffer {
  const json = new Gathered();
  let at = 0;
  for (const block of cutRows(copyText, most)) {
    const from = at;
    const to = from + block.length;
    const take = (bytes: Uint8Array) => {
      const lines = linesOf(bytes, from === 0, to === copyText.length);
      for (const piece of lines) json.add(piece, to / (copyText.length || 1) || 1);
    };
    try {
      encodeBlock(block, columns, take);
    } catch (error) {
      throw afterRows(error, countRows(copyText.subarray(0, from)));
    }
    at = to;
  }
  return json.endWithRoom();
}

/**
 * The JSON form of rows that are worked on at once.
 *
 * @param take gets a view of memory that is used again
 */
export function encodeBlock(
  copyText: Uint8Array,
  columns: readonly ColumnFormat[],
  take: (json: Uint8Array) => void,
): void {
  const encode = (workspace: Workspace) => {
    const end = new RowEncoder(workspace, columns).encode();
    const json = workspace.bytes.subarray(workspace.outputStart, end);
    take(isUtf8(json) ? json : escapeInvalidUtf8(json));
  };
  inWorkspace(copyText, 0, encode, layoutOf(columns).table.bytes);
}
