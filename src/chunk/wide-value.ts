/** Values, and pieces of values, by themselves: each as the only value of the only row of a file. */
import { BackupError } from '../core/errors.ts';
import type { ColumnFormat } from '../format/columns.ts';
import { BACKSLASH, UPPER_N } from './bytes.ts';
import { decodeRows } from './decode-rows.ts';
import { encodeRows } from './encode-rows.ts';
import { placeName } from './place.ts';

/** Only values of text are ever longer than this: what else is, PostgreSQL did not send. */
export const mostValueBytes = 1024 * 1024;

const newline = Buffer.from('\n');
const quote = Buffer.from('"');
const fileEnd = Buffer.from('}\n]\n');

function fileStart({ name }: ColumnFormat): Buffer {
  return Buffer.from(`[\n{${JSON.stringify(name)}:`);
}

/** A whole value of `COPY` text as JSON. */
export function encodeValue(copyText: Uint8Array, column: ColumnFormat): Uint8Array {
  const json = encodeRows(Buffer.concat([copyText, newline]), [column]);
  return json.subarray(fileStart(column).length, json.length - fileEnd.length);
}

/** A piece of a text value, not NULL, as the inside of a JSON string; cut where `copyCut` allows it. */
export function encodePiece(copyText: Uint8Array, column: ColumnFormat): Uint8Array {
  // By itself it would be NULL.
  if (copyText[0] === BACKSLASH && copyText[1] === UPPER_N)
    throw new BackupError('E_ENCODE', `${placeName(1, column)}: an escape that COPY does not write`);
  return encodeValue(copyText, { ...column, encoding: 'text' }).subarray(1, -1);
}

/** The way back from `encodeValue`. */
export function decodeValue(json: Uint8Array, column: ColumnFormat): Uint8Array {
  return decodeRows(Buffer.concat([fileStart(column), json, fileEnd]), [column]).subarray(0, -1);
}

/** The way back from `encodePiece`; cut where `jsonCut` allows it. */
export function decodePiece(json: Uint8Array, column: ColumnFormat): Uint8Array {
  return decodeValue(Buffer.concat([quote, json, quote]), { ...column, encoding: 'text' });
}
