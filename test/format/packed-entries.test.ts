import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BlockFile } from '../../src/core/block-file.ts';
import { chunksByNumber, sizesOf } from '../../src/format/chunk-lookup.ts';
import type { Entries } from '../../src/format/entries.ts';
import type { ChunkEntry, RangeEntry } from '../../src/format/manifest.ts';
import { chunkCodec } from '../../src/format/packed-chunks.ts';
import { PackedBuilder, PackedEntries, type EntryCodec } from '../../src/format/packed-entries.ts';
import { textOf } from '../../src/format/packed-place.ts';
import { rangeCodec } from '../../src/format/packed-ranges.ts';
import { arbitraryManifest } from './arbitrary-manifest.ts';
import { text } from './arbitrary-values.ts';
import { exampleManifest } from './example-manifest.ts';

function packed<T>(codec: EntryCodec<T>, entries: readonly T[]): Entries<T> {
  const builder = new PackedBuilder(codec, () => new BlockFile());
  for (const entry of entries) builder.add(entry);
  return builder.finish();
}

/** Entries of any kind, over and over until there are so many. */
function repeated<T>(entries: readonly T[], count: number): T[] {
  return Array.from({ length: count }, (_, index) => entries[index % entries.length] as T);
}

const tables = arbitraryManifest
  .map((manifest) => manifest.tables.filter(({ ranges }) => ranges.length > 0))
  .filter((some) => some.length > 0);

function expectSame<T>(list: Entries<T>, entries: readonly T[], place: number): void {
  expect(list).toBeInstanceOf(PackedEntries);
  expect(list.length).toBe(entries.length);
  let index = 0;
  // One by one: a difference is told in a line rather than a megabyte.
  for (const entry of list)
    if (!isDeepStrictEqual(entry, entries[index++])) expect(entry).toEqual(entries[index - 1]);
  for (const at of [place, 0, 1023, entries.length - 1, -1, -entries.length]) {
    expect(list.at(at)).toEqual(entries.at(at));
  }
  expect([index, list.at(entries.length), list.at(-entries.length - 1)]).toEqual([
    entries.length,
    undefined,
    undefined,
  ]);
}

test('any entries come back as they were, in the order they came, wherever they are looked up', () => {
  fc.assert(
    fc.property(tables, fc.integer({ min: 1024, max: 3000 }), fc.nat(), ([table], count, place) => {
      const ranges: RangeEntry[] = repeated([...(table?.ranges ?? [])], count);
      const chunks: ChunkEntry[] = repeated([...(table?.chunks ?? [])], count);
      expectSame(packed(rangeCodec, ranges), ranges, place % count);
      expectSame(packed(chunkCodec, chunks), chunks, place % count);
    }),
    { numRuns: 15 },
  );
});

test('bounds of any texts come back, open or not, of one part or of two', () => {
  const [range] = exampleManifest().tables[0]?.ranges ?? [];
  const value = fc.option(fc.array(text, { minLength: 1, maxLength: 2 }), { freq: 3 });
  fc.assert(
    fc.property(fc.array(fc.tuple(value, value), { minLength: 1, maxLength: 50 }), (bounds) => {
      const ranges = bounds.map(([lo, hi]) => ({ ...range, lo, hi, patches: [], recent: [] }) as RangeEntry);
      expectSame(packed(rangeCodec, repeated(ranges, 1024)), repeated(ranges, 1024), 5);
    }),
    { numRuns: 50 },
  );
});

describe('a long list', () => {
  const numbers = Array.from({ length: 200_000 }, (_, index) => index);
  const codec: EntryCodec<number> = {
    stride: 4,
    write: (entry, view, _bytes, at, text) => {
      view.setUint32(at, entry, true);
      text.text(String(entry * 2));
    },
    read: (place) => {
      const entry = place.view.getUint32(place.at, true);
      return Number(textOf(place)) === 2 * entry ? entry : NaN;
    },
  };
  const list = packed(codec, numbers);

  test('does what an array does', () => {
    expect([...list]).toEqual(numbers);
    expect(list.map((entry, index) => entry - index).every((zero) => zero === 0)).toBe(true);
    expect(list.filter((entry) => entry % 70_000 === 1)).toEqual([1, 70_001, 140_001]);
    expect(list.flatMap((entry) => (entry > 199_997 ? [entry, entry] : []))).toEqual([
      199_998, 199_998, 199_999, 199_999,
    ]);
    expect(list.some((entry, index) => entry === 199_999 && index === 199_999)).toBe(true);
    expect(list.some((entry) => entry > 199_999)).toBe(false);
    expect(list.reduce((sum, entry) => sum + entry, 0)).toBe((199_999 * 200_000) / 2);
    expect(list.slice(1020, 1030)).toEqual(numbers.slice(1020, 1030));
    expect(list.slice(199_999, 300_000)).toEqual([199_999]);
  });

  test('is looked up anywhere, from the file as from memory', () => {
    for (let index = 0; index < 200_000; index += 997) {
      const other = (index * 7919) % 200_000;
      expect([list.at(index), list.at(other)]).toEqual([index, other]);
    }
  });
});

test('a short list is an array', () => {
  expect(packed(rangeCodec, [])).toEqual([]);
});

describe.each(['ascending', 'descending'])('chunks in %s order', (order) => {
  const chunk = (number: number): ChunkEntry => ({
    number,
    key: `chunks/chunk_${String(number).padStart(6, '0')}_20250527_000750.json`,
    kind: 'base',
    rows: number,
    bytes: 1,
    sha256: 'ab'.repeat(32),
    copyBytes: 1,
    copySha256: 'cd'.repeat(32),
    digest: '0'.repeat(16),
    compression: 'none',
  });
  const chunks = Array.from({ length: 1500 }, (_, index) => chunk(999_000 + 3 * index));
  if (order === 'descending') chunks.reverse();

  test('are found by number, and only those that are there', () => {
    const found = chunksByNumber(packed(chunkCodec, chunks));
    expect(found.size).toBe(1500);
    expect([...found.values()]).toEqual(chunks);
    const sizes = chunks.map(({ number, rows, bytes, copyBytes, compression }) => ({
      number,
      rows,
      bytes,
      copyBytes,
      compression,
    }));
    expect(Array.from(sizesOf(found), (size) => ({ ...size }))).toEqual(sizes);
    for (const { number } of chunks) {
      expect(found.get(number)).toEqual(chunk(number));
      expect([found.has(number), found.has(number + 1), found.get(number - 1)]).toEqual([
        true,
        false,
        undefined,
      ]);
    }
  });
});
