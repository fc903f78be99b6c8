/**
 * Timestamps between PostgreSQL's text and ISO 8601, changed in place where the text was copied to. See encode-rows.ts
 * for the rules; each must be undone exactly whatever the text is, so letters that the rules write are escaped where
 * the text itself holds them.
 */
import { PLUS, SPACE, UPPER_T, UPPER_Z, ZERO, putUnicodeEscape } from './bytes.ts';

/** Stands for a `T` of the text itself until its timestamp is complete; `COPY` text holds no NUL. */
export const ESCAPED_T = 0;

/** Makes the first space a `T`. Returns how many `T` of the text itself stand before it, which must be escaped then. */
export function markDate(bytes: Uint8Array, start: number, end: number): number {
  let foreign = 0;
  for (let at = start; at < end; at++) {
    const byte = bytes[at];
    if (byte === UPPER_T) foreign++;
    if (byte === SPACE) {
      bytes[at] = UPPER_T;
      return foreign;
    }
  }
  return foreign;
}

/** Escapes the first `count` of the `T`; what follows moves up, by five bytes for each. Linear in the length. */
export function escapeForeign(bytes: Uint8Array, start: number, end: number, count: number): void {
  let read = start;
  for (let found = 0; found < count; read++) if (bytes[read] === UPPER_T) found++;
  let write = read + 5 * count;
  bytes.copyWithin(write, read, end);
  while (write > read) {
    const byte = bytes[--read] as number;
    if (byte === UPPER_T) putUnicodeEscape(bytes, (write -= 6), byte);
    else bytes[--write] = byte;
  }
}

/** Undoes `markDate`; false where a space stands before any `T`, which `markDate` does not leave. */
export function restoreDate(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    const byte = bytes[at];
    if (byte === SPACE) return false;
    if (byte === ESCAPED_T) bytes[at] = UPPER_T;
    if (byte === UPPER_T) {
      bytes[at] = SPACE;
      return true;
    }
  }
  return true;
}

/** Whether the text ends with the zone `+00`. */
export function endsWithUtc(bytes: Uint8Array, start: number, end: number): boolean {
  return end - start >= 3 && bytes[end - 1] === ZERO && bytes[end - 2] === ZERO && bytes[end - 3] === PLUS;
}

/** Makes `+00` at the end `Z`; returns the new end. */
export function shortenUtc(bytes: Uint8Array, end: number): number {
  bytes[end - 3] = UPPER_Z;
  return end - 2;
}

/** Makes `Z` at the end `+00`; returns the new end. */
export function restoreUtc(bytes: Uint8Array, end: number): number {
  bytes[end - 1] = PLUS;
  bytes[end] = ZERO;
  bytes[end + 1] = ZERO;
  return end + 2;
}
