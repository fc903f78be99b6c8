import fc from 'fast-check';
import { expect, test } from 'vitest';
import { contentDigest } from '../../src/chunk/digest-rows.ts';
import { blockBytes } from '../../src/chunk/in-blocks.ts';
import { mergedDigest } from '../../src/chunk/merged-digest.ts';
import { mergeRows, RowMerge, rowsOf } from '../../src/chunk/merge-rows.ts';
import { sealChunk } from '../../src/chunk/seal-chunk.ts';
import type { ColumnFormat } from '../../src/format/columns.ts';
import type { ChunkEntry } from '../../src/format/manifest.ts';

const columns: ColumnFormat[] = [
  { name: 'id', encoding: 'integer' },
  { name: 'v', encoding: 'text' },
];
const ids = fc.uniqueArray(fc.integer({ min: 0, max: 20 }), { maxLength: 12 });
const rowsFrom = (values: readonly number[], text: string) =>
  Buffer.from(values.map((id) => `${id}\t${text}\n`).join(''));

test('rows merged block by block are those that are merged at once, with a key and without (law 1)', () => {
  fc.assert(
    fc.property(ids, fc.array(ids, { maxLength: 3 }), fc.constantFrom([0], []), (base, changes, key) => {
      const patches = changes.map((values, index) => rowsFrom(values, `new ${index}`));
      const merge = new RowMerge(patches, key);
      const blocks = [...rowsOf(rowsFrom(base, 'old'))];
      const merged = [...blocks.flatMap((block) => [...merge.take(block)]), ...merge.end()];
      expect(Buffer.concat(merged).toString()).toBe(
        Buffer.from(mergeRows(rowsFrom(base, 'old'), patches, key)).toString(),
      );
    }),
  );
});

test('the digest of a chunk with patches is that of the rows put together, and none of a damaged one', async () => {
  const base = rowsFrom([1, 2, 3, 4, 5], 'x'.repeat(blockBytes / 2));
  const patches = [rowsFrom([2, 5], 'first'), rowsFrom([5, 9], 'second')];
  const { body, ...facts } = await sealChunk(base, columns, 'zstd');
  const entry: ChunkEntry = { number: 1, key: 'chunks/chunk_000001.json.zst', kind: 'base', ...facts };
  const stored = { body, entry, columns };
  const expected = contentDigest(mergeRows(base, patches, [0]));
  expect(expected.rows).toBe(6);
  expect(await mergedDigest(stored, patches, [0])).toEqual(expected);
  const damaged = { ...stored, entry: { ...entry, copySha256: '0'.repeat(64) } };
  await expect(mergedDigest(damaged, patches, [0])).rejects.toMatchObject({ code: 'E_CHUNK_DAMAGED' });
});
