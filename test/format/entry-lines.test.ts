import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteSink } from '../../src/core/byte-sink.ts';
import { chunkEntryOf, rangeEntryOf } from '../../src/format/check-entries.ts';
import { TableCheck } from '../../src/format/check-table.ts';
import type { EntryBuilder } from '../../src/format/entries.ts';
import { EntryLines } from '../../src/format/entry-lines.ts';
import { JsonScanner, type ScanHandler } from '../../src/format/json-scanner.ts';
import { ManifestCollector, manifestShape } from '../../src/format/manifest-collector.ts';
import { dropEntries, formatManifest, keepEntries } from '../../src/format/manifest-text.ts';
import type { Manifest, RangeEntry } from '../../src/format/manifest.ts';
import { chunkCodec } from '../../src/format/packed-chunks.ts';
import type { EntryCodec } from '../../src/format/packed-entries.ts';
import { newPlace, type PackedPlace } from '../../src/format/packed-place.ts';
import { rangeCodec } from '../../src/format/packed-ranges.ts';
import { arbitraryManifest } from './arbitrary-manifest.ts';
import { exampleManifest } from './example-manifest.ts';

const noShelf = () => {
  throw new Error('too many entries for a test');
};

/** What becomes of the text of a manifest, in pieces. The seal is not looked at, so that what was changed is read. */
function readAs(
  handlerOf: (collector: ManifestCollector) => ScanHandler,
  text: Buffer,
  pieceBytes: number,
): Manifest | string {
  const collector = new ManifestCollector(keepEntries(noShelf));
  const scanner = new JsonScanner(manifestShape, handlerOf(collector), 1 << 20);
  try {
    for (let at = 0; at < text.length; at += pieceBytes) scanner.push(text.subarray(at, at + pieceBytes));
    scanner.end();
  } catch (error) {
    return String(error);
  }
  return collector.finish();
}

const fast = (collector: ManifestCollector): ScanHandler => collector;
/** Every entry goes through the parser and the checks of whole entries: the oracle. */
const slow = (collector: ManifestCollector): ScanHandler => ({
  open: (name) => collector.open(name),
  value: (value, name) => collector.value(value, name),
  close: () => collector.close(),
});

function expectSame(text: Buffer, pieceBytes: number): void {
  const [found, expected] = [readAs(fast, text, pieceBytes), readAs(slow, text, pieceBytes)];
  if (!isDeepStrictEqual(found, expected)) expect(found).toEqual(expected);
}

/** What a number, a string or a list may be replaced by: right in another form, nearly right, or wrong. */
const plainValues =
  '0 00 1 01 -1 1.0 1e3 9007199254740991 9007199254740993 999999999999999 null true [] [[]] {} "" "a" "\\u0061" "\\ud800" "ä"'.split(
    ' ',
  );
const oddValues = [
  ...plainValues,
  '1 ',
  '"\u007f"',
  '"a\\nb"',
  '"9223372036854775807"',
  '"9223372036854775808"',
  '"0007"',
  '"ABCDEF0123456789"',
  '"0123456789abcdef"',
  '[{"chunk":2,"first":0,"rows":1}]',
  '[{"chunk":2,"first":0,"rows":0}]',
  '[{"chunk":2,"first":0}]',
  '[{"key":["1"],"xmin":"5"}]',
  '["1","2"]',
  '["1",2]',
  `[${'"1",'.repeat(32)}"1"]`,
];
/** Values of the members of an entry, and the end of a key. */
const valuePattern = /(?<=:)(?:null|\d+|"[^"]*"|\[[^\]]*\])|\.json[.a-z]*"/g;
const suffixes = ['.json.zst"', '.json.gz"', '.json"', '.jsonl"'];
const change = fc.tuple(fc.nat(), fc.constantFrom(...oddValues), fc.nat(3));

/** The text with some values of its entries replaced, or bytes of them changed, left out or added. */
function mutated(text: string, changes: readonly (readonly [number, string, number])[]): string {
  let changed = text;
  for (const [place, value, kind] of changes) {
    const lines = [...changed.matchAll(/^\{"(?:number|lo)":.*$/gm)];
    const line = lines[place % lines.length];
    if (!line) return changed;
    const values = [...line[0].matchAll(valuePattern)];
    const old = values[place % values.length];
    if (!old) return changed;
    const at = line.index + old.index;
    const after = at + old[0].length;
    const middle = at + (place % old[0].length);
    if (old[0].startsWith('.json')) {
      changed = changed.slice(0, at) + suffixes[place % suffixes.length] + changed.slice(after);
    } else if (kind < 2) changed = changed.slice(0, at) + value + changed.slice(after);
    else if (kind === 2) changed = changed.slice(0, middle) + changed.slice(middle + 1);
    else changed = changed.slice(0, middle) + value.charAt(value.length >> 1) + changed.slice(middle);
  }
  return changed;
}

/** With the members of entries in the order in which this program writes them. */
function ordered(manifest: Manifest): Manifest {
  const tables = manifest.tables.map((table) => ({
    ...table,
    chunks: table.chunks.map((chunk) => chunkEntryOf(chunk) ?? chunk),
    ranges: table.ranges.map((range) => rangeEntryOf(range) ?? range),
  }));
  return { ...manifest, tables };
}

const manifests = fc.oneof(arbitraryManifest, fc.constant(exampleManifest())).map(ordered);

test('a manifest with any of its entries changed is taken and refused as if each had been parsed (law 8)', () => {
  const outcomes = { sound: 0, refused: 0 };
  fc.assert(
    fc.property(
      manifests,
      fc.array(change, { maxLength: 3 }),
      fc.integer({ min: 1, max: 5000 }),
      (manifest, changes, piece) => {
        const text = Buffer.from(mutated(formatManifest(manifest).toString(), changes));
        expectSame(text, piece);
        outcomes[typeof readAs(fast, text, piece) === 'string' ? 'refused' : 'sound'] += 1;
      },
    ),
    { numRuns: 600 },
  );
  expect(Math.min(outcomes.sound, outcomes.refused)).toBeGreaterThan(50);
});

/** Keys with a number in another form, or at a time that is none. */
function oddKeys(key: string): string[] {
  const times = [
    '20250027_000750',
    '20251327_000750',
    '20250500_000750',
    '20250532_000750',
    '20250527_240750',
  ];
  return [...times, '20250527_006050', '20250527_000760', '2025527_000750', '20250527_0007500'].flatMap(
    (time) => {
      const changed = key.replace(/\d{8}_\d{6}/, time);
      return [
        changed,
        changed.replace('chunk_', 'chunk_0'),
        key.replace('chunk_', 'chunk_0'),
        key.replace('chunk_0', 'chunk_'),
      ];
    },
  );
}

test('so is one with any value of an entry replaced', () => {
  const text = formatManifest(ordered(exampleManifest())).toString();
  let entries = 0;
  for (const line of text.matchAll(/^\{"(?:number|lo)":.*$/gm)) {
    entries += 1;
    for (const old of line[0].matchAll(valuePattern)) {
      const at = line.index + old.index;
      for (const value of old[0].startsWith('.json')
        ? suffixes
        : [...oddValues, ...nearly(old[0]), ...oddKeys(old[0])])
        expectSame(Buffer.from(text.slice(0, at) + value + text.slice(at + old[0].length)), 1 << 16);
    }
  }
  expect(entries).toBeGreaterThan(4);
});

/** The value with another of its digits or letters in each place. */
function nearly(value: string): string[] {
  return Array.from(
    value,
    (letter, at) => `${value.slice(0, at)}${letter === '9' ? '3' : '9'}${value.slice(at + 1)}`,
  );
}

test('the same with any byte changed, whether or not it is UTF-8 then', () => {
  const text = formatManifest(ordered(exampleManifest()));
  const start = text.indexOf('"chunks":[');
  for (let at = start; at < text.length; at += 1) {
    const changed = Buffer.from(text);
    changed[at] = [0x80, 0x30, 0x7a, 0x22, 0x00, 0x20][at % 6] ?? 0;
    expectSame(changed, 1 << 16);
  }
});

/** The line as one codec packs and writes it. */
function lineOf<T>(codec: EntryCodec<T>, entry: T): string {
  const [place, text, line] = [newPlace(codec.stride), new ByteSink(), new ByteSink()];
  codec.write(entry, place.view, place.bytes, 0, text);
  const packed: PackedPlace = { ...place, text: text.bytes, textEnd: text.length };
  codec.writeLine?.(packed, line);
  return String(line.take());
}

test('entries are written as JSON.stringify writes them, and read from their bytes without a parser', () => {
  fc.assert(
    fc.property(arbitraryManifest.map(ordered), ({ tables }) => {
      for (const { chunks, ranges } of tables) {
        const check = new TableCheck(Number.MAX_SAFE_INTEGER);
        for (const chunk of chunks) {
          const line = JSON.stringify(chunk);
          expect(lineOf(chunkCodec, chunk)).toBe(line);
          const read = { add: (entry: unknown) => expect(entry).toEqual(chunk), finish: () => [] };
          const isLong = [chunk.number, chunk.rows, chunk.bytes, chunk.copyBytes].some(
            (figure) => figure >= 1e15,
          );
          const end = new EntryLines().chunk(check, read, Buffer.from(line), 0, line.length);
          expect(end).toBe(isLong ? undefined : line.length);
        }
        for (const range of ranges) expect(lineOf(rangeCodec, range)).toBe(JSON.stringify(range));
      }
    }),
    { numRuns: 50 },
  );
});

test('ranges of most forms are read without a parser: bounds of several values and of any letters, patches, unlisted rows', () => {
  const line = JSON.stringify({
    lo: ['1', 'Äpfel 🍏'],
    hi: null,
    rows: 7,
    keyDigest: '0123456789abcdef',
    versionDigest: 'f'.repeat(16),
    asOf: '4294970000',
    digest: '0'.repeat(16),
    base: 3,
    patches: [
      { chunk: 4, first: 0, rows: 2 },
      { chunk: 5, first: 17, rows: 1 },
    ],
    recent: null,
  });
  const bytes = Buffer.from(`${line},\n`);
  const found: unknown[] = [];
  const keep: EntryBuilder<RangeEntry> = { add: (entry) => void found.push(entry), finish: () => [] };
  expect(new EntryLines().range(new TableCheck(9), keep, bytes, 0, bytes.length)).toBe(bytes.length - 2);
  expect(found).toEqual([JSON.parse(line)]);
  // Not all of it has come yet: what lies behind the end is not believed.
  expect(new EntryLines().range(new TableCheck(9), dropEntries.ranges(), bytes, 0, bytes.length - 3)).toBe(
    undefined,
  );
  // Nor is what is no UTF-8, which a parser would make other letters of.
  const damaged = Buffer.from(bytes);
  damaged[bytes.indexOf('Äpfel') + 1] = 0x20;
  expect(new EntryLines().range(new TableCheck(9), keep, damaged, 0, bytes.length)).toBe(undefined);
});
