import { expect, test } from 'vitest';
import { contentDigest } from '../../src/chunk/digest-rows.ts';
import { sealChunk } from '../../src/chunk/seal-chunk.ts';
import type { ColumnFormat } from '../../src/format/columns.ts';
import type { ChunkEntry } from '../../src/format/manifest.ts';
import { digestChunk, type ChunkRows } from '../../src/repository/chunk-rows.ts';
import { getChunk } from '../../src/repository/chunks.ts';
import { PatchRows, type UsedChunk } from '../../src/repository/patch-rows.ts';
import { fetchRange, putTogether, type RangeRows } from '../../src/repository/range-rows.ts';
import { MemoryStore } from '../../src/store/memory-store.ts';
import { exampleManifest } from '../format/example-manifest.ts';

const columns: ColumnFormat[] = [
  { name: 'id', encoding: 'integer' },
  { name: 'v', encoding: 'text' },
];
const rows = Array.from({ length: 1000 }, (_, index) => `${index}\t${'text '.repeat(40)}\n`);

async function sealed(): Promise<{ entry: ChunkEntry; content: Uint8Array<ArrayBuffer> }> {
  const { body, ...facts } = await sealChunk(Buffer.from(rows.join('')), columns, 'none');
  const entry: ChunkEntry = { number: 1, key: 'chunks/chunk_000001.json', kind: 'base', ...facts };
  return { entry, content: Uint8Array.from(body) };
}

async function chunkRows(first: number, count: number): Promise<ChunkRows> {
  return { ...(await sealed()), columns, first, rows: count };
}

async function rangeOf(change: Partial<RangeRows>): Promise<RangeRows> {
  const { entry, content } = await sealed();
  const facts = { rows: entry.rows, digest: entry.digest };
  return {
    table: 'public.t',
    columns,
    key: [0],
    base: { entry, body: content },
    patches: [],
    ...facts,
    ...change,
  };
}

test.each([
  [0, 1000],
  [10, 20],
  [999, 1],
])('the digest of the rows from %i on, %i of them, and nothing is held afterwards', async (first, count) => {
  const chunk = await chunkRows(first, count);
  const expected = contentDigest(Buffer.from(rows.slice(first, first + count).join('')));
  expect(await digestChunk(chunk)).toEqual(expected);
  expect(chunk.content).toHaveLength(0);
});

test('a chunk that is damaged has no digest, whichever rows are asked for', async () => {
  for (const count of [1000, 1]) {
    const chunk = await chunkRows(0, count);
    if ('path' in chunk.content) throw new Error('the chunk is small');
    chunk.content[50_000] = 0x21;
    await expect(digestChunk(chunk)).rejects.toMatchObject({ code: 'E_CHUNK_DAMAGED' });
  }
});

test('a base without patches must be the rows of its range (law 1)', async () => {
  const whole = await rangeOf({});
  expect(Buffer.from(await putTogether(whole)).toString()).toBe(rows.join(''));
  expect(whole.base.body).toHaveLength(0);
  for (const change of [{ rows: 999 }, { digest: '0123456789abcdef' }]) {
    await expect(putTogether(await rangeOf(change))).rejects.toMatchObject({ code: 'E_RESTORE_MISMATCH' });
  }
});

test('a range that no run could have put together is not even fetched (law 8)', async () => {
  const store = new MemoryStore();
  const table = exampleManifest().tables[0] ?? expect.fail('the example has a table');
  const range = table.ranges.at(0) ?? expect.fail('and the table a range');
  const fetch = (copyBytes: number) => {
    const chunks = new Map(Array.from(table.chunks, (chunk) => [chunk.number, { ...chunk, copyBytes }]));
    const open = async ({ entry }: UsedChunk) => getChunk(store, entry);
    const patches = new PatchRows({ open, letGo: () => {} });
    return fetchRange({ table, chunks }, range, store, patches, new AbortController().signal);
  };
  await expect(fetch(2 ** 40)).rejects.toMatchObject({ code: 'E_MANIFEST_DAMAGED' });
  await expect(fetch(2 ** 20)).rejects.toMatchObject({ code: 'E_STORE_OBJECT_MISSING' });
});
