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
import { Gathered, blockBytes, cutLines } from './in-blocks.ts';
import { firstInvalidUtf8 } from './invalid-utf8.ts';
import { afterRows, countRows, placeName, rowOfLine } from './place.ts';
import { RowDecoder } from './row-decoder.ts';
import { layoutOf } from './row-layout.ts';
import { inWorkspace, type Workspace } from './wasm/workspace.ts';

/**
 * The `COPY` text of rows in the JSON form: the exact inverse of `encodeRows`. They are worked on in blocks of `most` bytes.
 *
 * @throws BackupError `E_CHUNK_DAMAGED`, naming row and column, for anything that `encodeRows` does not write, even
 * where another JSON reader would see the same values. Time and memory are linear in the input, whatever it holds.
 */
export function decodeRows(json: Uint8Array, columns: readonly ColumnFormat[], most = blockBytes): Buffer {
  const copyText = new Gathered();
  let done = 0;
  for (const block of cutLines(json, most)) {
    // A block has brackets of its own, so that they are more than all in the end.
    done += block.length;
    const before = copyText.length;
    try {
      decodeBlock(block, columns, (bytes) => copyText.add(bytes, done / json.length));
    } catch (error) {
      throw afterRows(error, countRows(copyText.view().subarray(0, before)));
    }
  }
  return copyText.end();
}

/**
 * The same for rows that are worked on at once.
 *
 * @param take gets a view of memory that is used again, of rows that are not canonical, too, before that is found out
 */
export function decodeBlock(
  json: Uint8Array,
  columns: readonly ColumnFormat[],
  take: (copyText: Uint8Array) => void,
): void {
  requireUtf8(json);
  const copy = (bytes: Uint8Array, isDoubtful: boolean) => {
    take(bytes);
    return isDoubtful ? Buffer.from(bytes) : undefined;
  };
  const doubtful = decodeInWorkspace(json, columns, copy);
  if (doubtful) requireCanonical(json, doubtful, columns);
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
  most = blockBytes,
): number {
  requireUtf8(json);
  let at = 0;
  for (const block of cutLines(json, most)) {
    const compare = (bytes: Uint8Array) => {
      const difference = firstDifference(bytes, copyText.subarray(at, at + bytes.length));
      return { difference, length: bytes.length };
    };
    const { difference, length } = decodeInWorkspace(block, columns, compare);
    if (difference >= 0) return at + difference;
    at += length;
  }
  return at === copyText.length ? -1 : at;
}

/** @param use gets a view of memory that is used again, and whether the JSON may be no canonical form */
function decodeInWorkspace<T>(
  json: Uint8Array,
  columns: readonly ColumnFormat[],
  use: (copyText: Uint8Array, isDoubtful: boolean) => T,
): T {
  // No value's COPY text with the separator after it is longer than its JSON with the name before it.
  const decode = (workspace: Workspace) => {
    const decoder = new RowDecoder(workspace, columns);
    const end = decoder.decode();
    return use(workspace.bytes.subarray(workspace.outputStart, end), decoder.doubtful);
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
