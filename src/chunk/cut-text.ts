/**
 * Where a value that comes in pieces may be cut, so that each piece goes over to the other form by itself and the pieces
 * together give what the whole value gives: not within an escape, and not within a character, because whether bytes are
 * UTF-8 is told from all of its bytes.
 */
import { BACKSLASH, LOWER_U } from './bytes.ts';

/** The longest escape of JSON, `\u00ff`, and the most bytes of a character. */
const escapeBytes = 6;
const characterBytes = 4;

/** The end of the longest piece of a value of `COPY` text that may be cut off. */
export function copyCut(bytes: Uint8Array): number {
  return backslashesBefore(bytes, bytes.length) % 2 === 0
    ? characterCut(bytes, bytes.length)
    : bytes.length - 1;
}

/** The same for the inside of a JSON string. */
export function jsonCut(bytes: Uint8Array): number {
  const end = escapeCut(bytes);
  const raw = characterCut(bytes, end);
  return raw < end ? raw : escapedCharacterCut(bytes, end);
}

/** How many backslashes stand before `end`, one after the other. */
function backslashesBefore(bytes: Uint8Array, end: number): number {
  let at = end;
  while (at > 0 && bytes[at - 1] === BACKSLASH) at--;
  return end - at;
}

/** Before a character that is not complete; bytes from 0xc0 on begin one, and no other does. */
function characterCut(bytes: Uint8Array, end: number): number {
  for (let at = end - 1; at >= 0 && at > end - characterBytes; at--) {
    const length = characterLength(bytes[at] ?? 0);
    if (length > 1) return at + length > end ? at : end;
    if (length === 1) return end;
  }
  return end;
}

/** Bytes of the character that a byte begins; 0 where it only continues one. */
function characterLength(byte: number): number {
  if (byte < 0x80) return 1;
  if (byte < 0xc0) return 0;
  return byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
}

/** Before an escape that is not complete. */
function escapeCut(bytes: Uint8Array): number {
  const end = bytes.length;
  for (let at = end - 1; at >= 0 && at > end - escapeBytes; at--) {
    if (bytes[at] !== BACKSLASH) continue;
    if (backslashesBefore(bytes, at) % 2 === 1) return end;
    const needed = at + 1 < end && bytes[at + 1] !== LOWER_U ? 2 : escapeBytes;
    return at + needed > end ? at : end;
  }
  return end;
}

/**
 * Before escapes of bytes (`\udc80` to `\udcff`) that the next ones could make a character: that would not be canonical,
 * which only all of them together show.
 */
function escapedCharacterCut(bytes: Uint8Array, end: number): number {
  for (let at = end - escapeBytes; at >= 0 && at > end - characterBytes * escapeBytes; at -= escapeBytes) {
    const text = String.fromCharCode(...bytes.subarray(at, at + escapeBytes));
    const digits = /^\\udc([89a-f][0-9a-f])$/.exec(text)?.[1];
    if (digits === undefined || backslashesBefore(bytes, at) % 2 === 1) return end;
    const length = characterLength(Number.parseInt(digits, 16));
    if (length > 0) return at + length * escapeBytes > end ? at : end;
  }
  return end;
}
