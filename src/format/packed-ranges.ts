import type { Entries } from './entries.ts';
import type { KeyValue, RangeEntry } from './manifest.ts';
import { PackedEntries, type EntryCodec } from './packed-entries.ts';
import { textOf, type PackedPlace } from './packed-place.ts';
import { AsOfReader, rangeAt, rangeStride, recentRows, setAsOf } from './range-layout.ts';
import { writeRangeLine } from './range-line.ts';

const xids = new AsOfReader();

export const rangeCodec: EntryCodec<RangeEntry> = {
  stride: rangeStride,
  write(range, view, bytes, at, text) {
    const { lo, hi, rows, keyDigest, versionDigest, asOf, digest, base, patches, recent } = range;
    const isJson = !setAsOf(view, at, asOf);
    bytes[at + rangeAt.isJson] = isJson ? 1 : 0;
    if (isJson) return text.text(JSON.stringify(range));
    view.setFloat64(at + rangeAt.rows, rows, true);
    view.setFloat64(at + rangeAt.base, base, true);
    bytes.write(keyDigest, at + rangeAt.keyDigest, 'hex');
    bytes.write(versionDigest, at + rangeAt.versionDigest, 'hex');
    bytes.write(digest, at + rangeAt.digest, 'hex');
    const { length } = text;
    text.text(JSON.stringify(lo));
    const loEnd = text.length;
    text.text(JSON.stringify(hi));
    const hiEnd = text.length;
    if (patches.length > 0) text.text(JSON.stringify(patches));
    view.setUint32(at + rangeAt.loBytes, loEnd - length, true);
    view.setUint32(at + rangeAt.hiBytes, hiEnd - loEnd, true);
    view.setUint32(at + rangeAt.patchesBytes, text.length - hiEnd, true);
    const isListed = recent !== null && recent.length > 0;
    bytes[at + rangeAt.recent] = isListed
      ? recentRows.listed
      : recent
        ? recentRows.none
        : recentRows.unlisted;
    if (isListed) text.text(JSON.stringify(recent));
    return undefined;
  },
  read(place) {
    const { bytes, view, at, text, textStart, textEnd } = place;
    if (bytes[at + rangeAt.isJson] === 1) return JSON.parse(textOf(place)) as RangeEntry;
    const loEnd = textStart + view.getUint32(at + rangeAt.loBytes, true);
    const hiEnd = loEnd + view.getUint32(at + rangeAt.hiBytes, true);
    const patchesEnd = hiEnd + view.getUint32(at + rangeAt.patchesBytes, true);
    const recent = bytes[at + rangeAt.recent];
    return {
      lo: boundOf(text, textStart, loEnd),
      hi: boundOf(text, loEnd, hiEnd),
      rows: view.getFloat64(at + rangeAt.rows, true),
      keyDigest: bytes.toString('hex', at + rangeAt.keyDigest, at + rangeAt.keyDigest + 8),
      versionDigest: bytes.toString('hex', at + rangeAt.versionDigest, at + rangeAt.versionDigest + 8),
      asOf: xids.read(view, at),
      digest: bytes.toString('hex', at + rangeAt.digest, at + rangeAt.digest + 8),
      base: view.getFloat64(at + rangeAt.base, true),
      patches: patchesEnd > hiEnd ? (JSON.parse(text.toString('utf8', hiEnd, patchesEnd)) as PatchList) : [],
      recent:
        recent === recentRows.listed
          ? (JSON.parse(text.toString('utf8', patchesEnd, textEnd)) as RangeEntry['recent'])
          : recent === recentRows.none
            ? []
            : null,
    };
  },
  writeLine: writeRangeLine,
};

type PatchList = RangeEntry['patches'];

/** A bound from its JSON in UTF-8. Most are a list of one text without anything escaped. */
export function boundOf(text: Buffer, start: number, end: number): KeyValue | null {
  const json = text.toString('utf8', start, end);
  if (json === 'null') return null;
  const isOne = json.indexOf('"', 2) === json.length - 2 && !json.includes('\\');
  return isOne ? [json.slice(2, -2)] : (JSON.parse(json) as KeyValue);
}

/** Calls `each` with the numbers of the chunks that a packed range needs: base and patches. */
export function eachChunkOf(place: PackedPlace, each: (number: number) => void): void {
  const { bytes, view, at } = place;
  const hasMore = bytes[at + rangeAt.isJson] === 1 || view.getUint32(at + rangeAt.patchesBytes, true) > 0;
  if (hasMore) eachChunk(rangeCodec.read(place), each);
  else each(view.getFloat64(at + rangeAt.base, true));
}

/** The same for a range of a list. */
export function eachChunkAt(
  ranges: Entries<RangeEntry>,
  index: number,
  each: (number: number) => void,
): void {
  if (ranges instanceof PackedEntries) {
    const place = (ranges as PackedEntries<RangeEntry>).placeOf(index);
    if (place) eachChunkOf(place, each);
  } else {
    const range = ranges.at(index);
    if (range) eachChunk(range, each);
  }
}

function eachChunk({ base, patches }: RangeEntry, each: (number: number) => void): void {
  each(base);
  for (const { chunk } of patches) each(chunk);
}
