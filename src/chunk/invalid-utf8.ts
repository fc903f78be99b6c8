/**
 * Bytes that are no UTF-8, as a SQL_ASCII database may hold them. JSON must be UTF-8, so each such byte is written
 * as the escape of a lone low surrogate, `\udc80` for 0x80 to `\udcff` for 0xff (Python calls it surrogateescape).
 * No other text gives that escape: a backslash of the data is doubled, and valid UTF-8 has no surrogates. Escaping
 * the finished JSON is the same as escaping each value, because the codec never changes, splits or joins a run of
 * bytes above 0x7f, and validity is a matter of such runs.
 */
import { hexDigits } from './bytes.ts';

const escapeStart = Buffer.from('\\udc');

/** The same JSON with each byte that is not part of valid UTF-8 escaped: valid UTF-8. */
export function escapeInvalidUtf8(json: Uint8Array): Buffer {
  const escaped = Buffer.allocUnsafeSlow(json.length + 5 * countInvalid(json));
  let to = 0;
  for (let from = 0; from < json.length;) {
    const length = sequenceLength(json, from);
    if (length === 0) {
      const byte = json[from] as number;
      escaped.set(escapeStart, to);
      escaped[to + 4] = hexDigits[byte >> 4] as number;
      escaped[to + 5] = hexDigits[byte & 15] as number;
      to += 6;
      from++;
    } else {
      escaped.set(json.subarray(from, from + length), to);
      to += length;
      from += length;
    }
  }
  return escaped;
}

/** Offset of the first byte that is not part of valid UTF-8; the length where all are. */
export function firstInvalidUtf8(bytes: Uint8Array): number {
  for (let at = 0; at < bytes.length;) {
    const length = sequenceLength(bytes, at);
    if (length === 0) return at;
    at += length;
  }
  return bytes.length;
}

function countInvalid(bytes: Uint8Array): number {
  let count = 0;
  for (let at = 0; at < bytes.length;) {
    const length = sequenceLength(bytes, at);
    if (length === 0) count++;
    at += length === 0 ? 1 : length;
  }
  return count;
}

/** Bytes of the UTF-8 sequence that begins at `at`; 0 where none does (Unicode 15, table 3-7). */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at] as number;
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4) return 0;
  if (first < 0xe0) return continues(bytes, at + 1) ? 2 : 0;
  const second = bytes[at + 1] ?? 0;
  const least = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const most = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  if (second < least || second > most || !continues(bytes, at + 2)) return 0;
  if (first < 0xf0) return 3;
  return continues(bytes, at + 3) ? 4 : 0;
}

function continues(bytes: Uint8Array, at: number): boolean {
  return ((bytes[at] ?? 0) & 0xc0) === 0x80;
}
