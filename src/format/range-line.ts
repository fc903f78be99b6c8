import { isUtf8 } from 'node:buffer';
import { ByteSink } from '../core/byte-sink.ts';
import type { PlainRange } from './check-table.ts';
import type { LineCursor } from './line-cursor.ts';
import type { PatchSlice } from './manifest.ts';
import type { PackedPlace } from './packed-place.ts';
import { rangeAt, recentRows } from './range-layout.ts';

/** What stands between the values of a range in a manifest, in the form in which one is written. */
const before = {
  lo: bytesOf('{"lo":'),
  hi: bytesOf(',"hi":'),
  rows: bytesOf(',"rows":'),
  keyDigest: bytesOf(',"keyDigest":"'),
  versionDigest: bytesOf('","versionDigest":"'),
  asOf: bytesOf('","asOf":"'),
  digest: bytesOf('","digest":"'),
  base: bytesOf('","base":'),
  patches: bytesOf(',"patches":'),
  recent: bytesOf(',"recent":'),
  end: bytesOf('}'),
};
const patchBefore = { chunk: bytesOf('{"chunk":'), first: bytesOf(',"first":'), rows: bytesOf(',"rows":') };
const [none, open, close, comma, empty] = ['null', '[', ']', ',', '[]'].map(bytesOf) as [
  Buffer,
  Buffer,
  Buffer,
  Buffer,
  Buffer,
];
const mostKeyParts = 32;
const noPatches: readonly PatchSlice[] = [];

/**
 * Reads ranges that are written as this program writes them, and are checked as strictly as by `rangeEntryOf`. The cursor tells
 * whether one is; anything else may be right in another form. Recent rows, which few ranges have, are another form.
 */
export class RangeLineReader implements PlainRange {
  readonly #text = new ByteSink(256);
  // Of the range that was read last.
  loParts = 0;
  hiParts = 0;
  rows = 0;
  base = 0;
  patches: readonly PatchSlice[] = noPatches;
  digestHigh = 0;
  digestLow = 0;

  /** Into `place`, until the next one is read. */
  read(cursor: LineCursor, place: PackedPlace): void {
    const { view, bytes, at } = place;
    const text = this.#text;
    text.length = 0;
    cursor.literal(before.lo);
    this.loParts = this.#bound(cursor);
    const loEnd = text.length;
    cursor.literal(before.hi);
    this.hiParts = this.#bound(cursor);
    const hiEnd = text.length;
    cursor.literal(before.rows);
    view.setFloat64(at + rangeAt.rows, (this.rows = cursor.integer()), true);
    cursor.literal(before.keyDigest);
    cursor.hex(bytes, at + rangeAt.keyDigest, 8);
    cursor.literal(before.versionDigest);
    cursor.hex(bytes, at + rangeAt.versionDigest, 8);
    cursor.literal(before.asOf);
    const asOf = cursor.integer();
    view.setFloat64(at + rangeAt.asOfHigh, Math.floor(asOf / 1e9), true);
    view.setUint32(at + rangeAt.asOfLow, asOf % 1e9, true);
    cursor.literal(before.digest);
    cursor.hex(bytes, at + rangeAt.digest, 8);
    cursor.literal(before.base);
    this.digestHigh = view.getUint32(at + rangeAt.digest);
    this.digestLow = view.getUint32(at + rangeAt.digest + 4);
    view.setFloat64(at + rangeAt.base, (this.base = cursor.integer()), true);
    cursor.literal(before.patches);
    this.patches = this.#patches(cursor);
    cursor.literal(before.recent);
    const isNone = cursor.has(empty);
    if (!isNone) cursor.literal(none);
    bytes[at + rangeAt.recent] = isNone ? recentRows.none : recentRows.unlisted;
    bytes[at + rangeAt.isJson] = 0;
    cursor.literal(before.end);
    view.setUint32(at + rangeAt.loBytes, loEnd, true);
    view.setUint32(at + rangeAt.hiBytes, hiEnd - loEnd, true);
    view.setUint32(at + rangeAt.patchesBytes, text.length - hiEnd, true);
    [place.text, place.textStart, place.textEnd] = [text.bytes, 0, text.length];
  }

  /** Copies the bound to the text. How many values it has. */
  #bound(cursor: LineCursor): number {
    const start = cursor.at;
    let parts = 0;
    if (!cursor.has(none)) {
      cursor.literal(open);
      let isAscii = true;
      do {
        isAscii = cursor.plainString() && isAscii;
        parts += 1;
      } while (cursor.isRight && cursor.has(comma));
      cursor.literal(close);
      cursor.wrongUnless(parts <= mostKeyParts);
      if (!isAscii) cursor.wrongUnless(isUtf8(cursor.bytes.subarray(start, cursor.at)));
    }
    if (cursor.isRight) this.#text.copy(cursor.bytes, start, cursor.at);
    return parts;
  }

  /** Copies patches, where there are some, to the text. */
  #patches(cursor: LineCursor): readonly PatchSlice[] {
    if (cursor.has(empty)) return noPatches;
    const start = cursor.at;
    const patches: PatchSlice[] = [];
    cursor.literal(open);
    do {
      cursor.literal(patchBefore.chunk);
      const chunk = cursor.integer();
      cursor.literal(patchBefore.first);
      const first = cursor.integer();
      cursor.literal(patchBefore.rows);
      const rows = cursor.integer();
      cursor.wrongUnless(rows > 0);
      cursor.literal(before.end);
      patches.push({ chunk, first, rows });
    } while (cursor.isRight && cursor.has(comma));
    cursor.literal(close);
    if (cursor.isRight) this.#text.copy(cursor.bytes, start, cursor.at);
    return patches;
  }
}

/** As `JSON.stringify` writes the range. */
export function writeRangeLine(place: PackedPlace, line: ByteSink): void {
  const { bytes, view, at, text, textStart, textEnd } = place;
  if (bytes[at + rangeAt.isJson] === 1) return line.copy(text, textStart, textEnd);
  const loEnd = textStart + view.getUint32(at + rangeAt.loBytes, true);
  const hiEnd = loEnd + view.getUint32(at + rangeAt.hiBytes, true);
  const patchesEnd = hiEnd + view.getUint32(at + rangeAt.patchesBytes, true);
  line.copy(before.lo);
  line.copy(text, textStart, loEnd);
  line.copy(before.hi);
  line.copy(text, loEnd, hiEnd);
  line.copy(before.rows);
  line.integer(view.getFloat64(at + rangeAt.rows, true));
  line.copy(before.keyDigest);
  line.hex(bytes, at + rangeAt.keyDigest, at + rangeAt.keyDigest + 8);
  line.copy(before.versionDigest);
  line.hex(bytes, at + rangeAt.versionDigest, at + rangeAt.versionDigest + 8);
  line.copy(before.asOf);
  const high = view.getFloat64(at + rangeAt.asOfHigh, true);
  const low = view.getUint32(at + rangeAt.asOfLow, true);
  if (high > 0) line.integer(high);
  if (high > 0) line.padded(low, 9);
  else line.integer(low);
  line.copy(before.digest);
  line.hex(bytes, at + rangeAt.digest, at + rangeAt.digest + 8);
  line.copy(before.base);
  line.integer(view.getFloat64(at + rangeAt.base, true));
  line.copy(before.patches);
  if (patchesEnd > hiEnd) line.copy(text, hiEnd, patchesEnd);
  else line.copy(empty);
  line.copy(before.recent);
  const recent = bytes[at + rangeAt.recent];
  if (recent === recentRows.listed) line.copy(text, patchesEnd, textEnd);
  else line.copy(recent === recentRows.none ? empty : none);
  line.copy(before.end);
  return undefined;
}

function bytesOf(text: string): Buffer {
  return Buffer.from(text);
}
