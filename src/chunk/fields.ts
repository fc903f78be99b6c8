import { BugError } from '../core/errors.ts';
import { NEWLINE, TAB } from './bytes.ts';

const meanings: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };

const meaningBytes = Uint8Array.from({ length: 256 }, (_, byte) =>
  (meanings[String.fromCharCode(byte)] ?? String.fromCharCode(byte)).charCodeAt(0),
);

/** The byte that a backslash and this byte stand for. */
export function meaningOf(escaped: number): number {
  return meaningBytes[escaped] as number;
}

/** The field of that index (from 0) of the row of `COPY` text that begins at `rowStart`, still escaped: a view. */
export function fieldOf(copyText: Uint8Array, rowStart: number, rowEnd: number, index: number): Uint8Array {
  const [start, end] = fieldBounds(copyText, rowStart, rowEnd, index);
  return copyText.subarray(start, end);
}

/** Where it begins and ends. */
export function fieldBounds(
  copyText: Uint8Array,
  rowStart: number,
  rowEnd: number,
  index: number,
): readonly [start: number, end: number] {
  let start = rowStart;
  for (let passed = 0; passed < index; passed++) {
    start = fieldEnd(copyText, start, rowEnd) + 1;
    if (start > rowEnd) throw new BugError(`a row of ${passed + 1} fields has no field ${index}`);
  }
  return [start, fieldEnd(copyText, start, rowEnd)];
}

function fieldEnd(copyText: Uint8Array, start: number, rowEnd: number): number {
  let at = start;
  while (at < rowEnd && copyText[at] !== TAB && copyText[at] !== NEWLINE) at++;
  return at;
}

/**
 * The text that a field of `COPY` text stands for; null for `\N`. A byte that is no UTF-8 reads as U+FFFD: fit to show
 * and to name a key, not to compare rows by.
 */
export function unescapeField(field: Uint8Array): string | null {
  const text = Buffer.from(field.buffer, field.byteOffset, field.byteLength).toString('utf8');
  if (text === '\\N') return null;
  return text.replaceAll(/\\(.)/gs, (_, escaped: string) => meanings[escaped] ?? escaped);
}
