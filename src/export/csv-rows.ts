import { BACKSLASH, NEWLINE, QUOTE, TAB, UPPER_N } from '../chunk/bytes.ts';
import { meaningOf } from '../chunk/fields.ts';

/**
 * CSV as RFC 4180 has it, in such a way that `COPY … FROM … (FORMAT csv, HEADER)` reads back the very values: NULL is
 * nothing between the commas, an empty text is `""`, and every other value is PostgreSQL's text. A value with a comma, a
 * quote, a backslash or a line break stands in quotes, so that none can be taken for the end of the data, which is `\.`.
 */
const COMMA = 0x2c;
const CARRIAGE_RETURN = 0x0d;

/** The line with the names of the columns. */
export function csvHeader(names: readonly string[]): Buffer {
  const quoted = names.map((name) => (/^$|[",\r\n\\]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name));
  return Buffer.from(`${quoted.join(',')}\r\n`);
}

/** Rows of `COPY` text as lines of CSV; those of a table without columns are empty lines. */
export function csvRows(copyText: Uint8Array, columns: number): Buffer {
  if (columns === 0) return Buffer.from('\r\n'.repeat(copyText.length));
  const out = new CsvText(copyText.length + (copyText.length >>> 3) + 64);
  let start = 0;
  for (let at = 0; at < copyText.length; at++) {
    const byte = copyText[at];
    if (byte !== TAB && byte !== NEWLINE) continue;
    out.addValue(copyText, start, at);
    out.addEnd(byte === TAB);
    start = at + 1;
  }
  return out.bytes();
}

class CsvText {
  #bytes: Buffer;
  #length = 0;

  constructor(capacity: number) {
    this.#bytes = Buffer.allocUnsafe(capacity);
  }

  bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  addValue(copyText: Uint8Array, start: number, end: number): void {
    this.#reserve(2 * (end - start) + 4);
    if (end - start === 2 && copyText[start] === BACKSLASH && copyText[start + 1] === UPPER_N) return;
    if (needsQuotes(copyText, start, end)) return this.#addQuoted(copyText, start, end);
    this.#bytes.set(copyText.subarray(start, end), this.#length);
    this.#length += end - start;
  }

  addEnd(ofValue: boolean): void {
    if (!ofValue) this.#bytes[this.#length++] = CARRIAGE_RETURN;
    this.#bytes[this.#length++] = ofValue ? COMMA : NEWLINE;
  }

  #addQuoted(copyText: Uint8Array, start: number, end: number): void {
    const bytes = this.#bytes;
    let to = this.#length;
    bytes[to++] = QUOTE;
    for (let at = start; at < end; at++) {
      let byte = copyText[at] as number;
      if (byte === BACKSLASH) byte = meaningOf(copyText[++at] as number);
      if (byte === QUOTE) bytes[to++] = QUOTE;
      bytes[to++] = byte;
    }
    bytes[to++] = QUOTE;
    this.#length = to;
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(2 * (this.#length + more));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}

function needsQuotes(copyText: Uint8Array, start: number, end: number): boolean {
  if (start === end) return true;
  for (let at = start; at < end; at++) {
    const byte = copyText[at];
    if (byte === QUOTE || byte === COMMA || byte === BACKSLASH) return true;
  }
  return false;
}
