/**
 * The inner loops of the chunk layer, in WebAssembly: what touches each byte. They work 16 bytes at a time and with
 * 64-bit integers, neither of which JavaScript has. Rows as nearly all are they take whole; the whole grammar of both text
 * forms, and what is to be said of an error, stay in TypeScript.
 *
 * None of them knows where memory ends: the caller sees to it that what they look for, a control character or a
 * newline, ends what they read, and that there is room for what they write and 16 bytes more.
 */
import type { WasmFunction } from './assembler.ts';
import { decodeRows } from './decode-rows.ts';
import { encodeRows } from './encode-rows.ts';
import { rowsEnd } from './rows.ts';
import { decodeText, encodeText } from './text.ts';
import { digestRows, xxh64, xxh64Rest, xxh64Stripes } from './xxh64.ts';

export const functions: readonly WasmFunction[] = [
  xxh64,
  digestRows(0),
  encodeText,
  decodeText,
  xxh64Stripes,
  xxh64Rest,
  rowsEnd,
  encodeRows(2),
  decodeRows(3),
];
