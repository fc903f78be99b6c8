/**
 * The way back from the JSON form that encode-rows.ts describes. The reader knows the fixed bytes between the values,
 * so it compares them rather than parsing JSON, and takes nothing that the encoder does not write. Three forms are
 * canonical only in rare cases (`\udc80`, `\u0054` or `\u005a`, and a boolean in quotes): where one occurs, the text is
 * encoded again and must give the same file.
 */
import { isUtf8 } from 'node:buffer';
import { BackupError } from '../core/errors.ts';
import type { ColumnFormat } from '../format/columns.ts';
import { encodeRows } from './encode-rows.ts';
import { firstInvalidUtf8 } from './invalid-utf8.ts';
import { placeName, rowOfLine } from './place.ts';
import { RowDecoder } from './row-decoder.ts';
import { layoutOf } from './row-layout.ts';
import { inWorkspace, type Workspace } from './wasm/workspace.ts';

/**
 * The `COPY` text of rows in the JSON form: the exact inverse of `encodeRows`.
 *
 * @throws BackupError `E_CHUNK_DAMAGED`, naming row and column, for anything that `encodeRows` does not write, even
 * where another JSON reader would see the same values. Time and memory are linear in the input, whatever it holds.
 */
export function decodeRows(json: Uint8Array, columns: readonly ColumnFormat[]): Buffer {
  const { result: copyText, doubtful } = decodeInWorkspace(json, columns, (bytes) => Buffer.from(bytes));
  if (doubtful) requireCanonical(json, copyText, columns);
  return copyText;
}

/**
 * Where the `COPY` text that the JSON decodes to first differs from `copyText`, in bytes; -1 where it is the same.
 *
 * @throws BackupError `E_CHUNK_DAMAGED` where it does not decode at all.
 */
export function decodedDifference(
  json: Uint8Array,
  columns: readonly ColumnFormat[],
  copyText: Uint8Array,
): number {
  return decodeInWorkspace(json, columns, (bytes) => firstDifference(bytes, copyText)).result;
}

function decodeInWorkspace<T>(
  json: Uint8Array,
  columns: readonly ColumnFormat[],
  use: (copyText: Uint8Array) => T,
): { readonly result: T; readonly doubtful: boolean } {
  requireUtf8(json);
  // No value's COPY text with the separator after it is longer than its JSON with the name before it.
  const decode = (workspace: Workspace) => {
    const decoder = new RowDecoder(workspace, columns);
    const end = decoder.decode();
    const result = use(workspace.bytes.subarray(workspace.outputStart, end));
    return { result, doubtful: decoder.doubtful };
  };
  return inWorkspace(json, json.length, decode, layoutOf(columns).table.bytes);
}

function requireUtf8(json: Uint8Array): void {
  if (isUtf8(json)) return;
  const row = rowOfLine(json, firstInvalidUtf8(json));
  throw new BackupError('E_CHUNK_DAMAGED', `${placeName(row, undefined)}: bytes that are no UTF-8`);
}

function requireCanonical(json: Uint8Array, copyText: Uint8Array, columns: readonly ColumnFormat[]): void {
  let difference: number;
  try {
    difference = firstDifference(encodeRows(copyText, columns), json);
  } catch (cause) {
    throw new BackupError('E_CHUNK_DAMAGED', 'the chunk holds escapes that no value gives', { cause });
  }
  if (difference < 0) return;
  const place = placeName(rowOfLine(json, difference), undefined);
  throw new BackupError('E_CHUNK_DAMAGED', `${place}: a value that is not in its canonical form`);
}

function firstDifference(left: Uint8Array, right: Uint8Array): number {
  if (Buffer.compare(left, right) === 0) return -1;
  let at = 0;
  while (at < left.length && left[at] === right[at]) at++;
  return at;
}
