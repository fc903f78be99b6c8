import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BlockFile } from '../../src/core/block-file.ts';
import { chunksByNumber } from '../../src/format/chunk-lookup.ts';
import { digestOfAll } from '../../src/format/digest.ts';
import { keepEntries } from '../../src/format/manifest-text.ts';
import type { ChunkEntry, RangeEntry, RecentRow } from '../../src/format/manifest.ts';
import { bytesOfChunks, TableEntries } from '../../src/format/table-entries.ts';
import { arbitraryManifest } from './arbitrary-manifest.ts';

const keeper = keepEntries(() => new BlockFile());
const tables = arbitraryManifest
  .map(({ tables }) => tables.filter(({ ranges }) => ranges.length > 0))
  .filter((some) => some.length > 0);

/** Ranges over and over, until they are packed; each with a base of its own. */
function many(ranges: readonly RangeEntry[], count: number): RangeEntry[] {
  return Array.from({ length: count }, (_, index) => ({
    ...(ranges[index % ranges.length] as RangeEntry),
    base: 2_000_000 - index,
    rows: index,
  }));
}

const chunk = (number: number): ChunkEntry => ({
  number,
  key: `chunks/chunk_${number}_20250527_000750.json`,
  kind: 'base',
  rows: 1,
  bytes: number,
  sha256: 'ab'.repeat(32),
  copyBytes: 1,
  copySha256: 'cd'.repeat(32),
  digest: '0123456789abcdef',
  compression: 'none',
});

function packed<T>(builder: { add(entry: T): void; finish(): unknown }, entries: readonly T[]): void {
  for (const entry of entries) builder.add(entry);
}

const recentRows: RecentRow[] = [{ key: ['7'], xmin: '5' }];

test('ranges that stay are the same but for the snapshot and the recent rows, packed or not, with all they need', () => {
  const recents = fc.array(fc.constantFrom(null, [], recentRows), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(tables, fc.constantFrom(5, 1500), recents, ([table], count, recent) => {
      const known = many([...(table?.ranges ?? [])], count);
      const builder = keeper.ranges();
      packed(builder, known);
      const list = builder.finish();
      const chunkBuilder = keeper.chunks();
      const bases = known.map(({ base }) => chunk(base));
      packed(chunkBuilder, bases);
      const chunks = chunksByNumber(chunkBuilder.finish());

      const entries = new TableEntries(() => new BlockFile());
      const recentOf = (index: number) => recent[index % recent.length] ?? null;
      for (const index of known.keys()) entries.addKnown(list, index, '4294970001', recentOf(index));
      const found = entries.finishChunks(new Map([[2_000_000, chunk(2_000_000)]]), chunks);

      const expected = known.map((range, index) => ({
        ...range,
        asOf: '4294970001',
        recent: recentOf(index),
      }));
      expect([...entries.finishRanges()]).toEqual(expected);
      expect(entries.rows).toBe(known.reduce((sum, { rows }) => sum + rows, 0));
      expect(entries.digest).toBe(digestOfAll(known));
      expect([...found.chunks]).toEqual(bases.toReversed());
      expect(bytesOfChunks(found.chunks)).toBe(bases.reduce((sum, { bytes }) => sum + bytes, 0));
      const patches = new Set(known.flatMap((range) => range.patches.map(({ chunk: number }) => number)));
      for (const { base } of known) patches.delete(base);
      expect(found.fromOthers).toBe(count - 1 + patches.size);
    }),
    { numRuns: 30 },
  );
});
