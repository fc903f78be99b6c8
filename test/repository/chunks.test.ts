import { describe, expect, test } from 'vitest';
import { sha256 } from '../../src/chunk/digest-rows.ts';
import { chunkKey } from '../../src/format/keys.ts';
import type { ChunkEntry } from '../../src/format/manifest.ts';
import { ChunkNames, getChunk, listChunksAfter, putChunk } from '../../src/repository/chunks.ts';
import { MemoryStore } from '../../src/store/memory-store.ts';
import { withMeasure } from '../../src/store/with-measure.ts';
import { exampleManifest } from '../format/example-manifest.ts';
import { s3Server } from '../store/s3-fixture.ts';
import { storeKinds, textOf } from './stores.ts';

const server = await s3Server({ pageSize: 7 });
const start = new Date('2025-05-27T00:07:50Z');
const body = Buffer.from('[\n{"id":1}\n]\n');

function entryOf(number: number, content = body): ChunkEntry {
  const [chunk] = exampleManifest().tables[0]?.chunks ?? [];
  if (!chunk) throw new Error('the example has a chunk');
  const key = chunkKey(number, start, 'none');
  return { ...chunk, number, key, bytes: content.length, sha256: sha256(content) };
}

describe.each(storeKinds(server))('in a store of kind $name', ({ open }) => {
  test('a chunk is stored once, under its own name (law 5)', async () => {
    const store = await open();
    const labels = { table: 'public.articles', firstKey: '1', lastKey: '1' };
    await putChunk(store, entryOf(1), body, labels);
    expect(Buffer.from(await getChunk(store, entryOf(1)))).toEqual(body);
    const other = Buffer.from('other');
    await expect(putChunk(store, entryOf(1, other), other, labels)).rejects.toMatchObject({
      code: 'E_STORE_OBJECT_EXISTS',
    });
    expect(await textOf(store, entryOf(1).key)).toBe(body.toString());
  });

  test('labels of any text can be stored', async () => {
    const store = await open();
    const wild = `"schéma".\u{1f600}\n\r\0 %\ud800 ${'é '.repeat(300)}`;
    await putChunk(store, entryOf(1), body, { table: wild, firstKey: '  spaces  ', lastKey: '' });
    const facts = await store.head(entryOf(1).key);
    const { storedMetadata } = await store.capabilities();
    if (!storedMetadata) return;
    expect(facts?.metadata).toMatchObject({
      rows: '1000',
      kind: 'base',
      'first-key': 'spaces',
      'format-version': '1.0',
    });
    expect(facts?.metadata['table']).toMatch(/^[ -~]{1,200}$/);
    expect(facts?.metadata['table']).toContain('sch%C3%A9ma');
  });

  test('a chunk of another size, and one that is missing, are told with their key', async () => {
    const store = await open();
    await store.put(entryOf(1).key, body.subarray(1));
    await expect(getChunk(store, entryOf(1))).rejects.toMatchObject({
      code: 'E_CHUNK_DAMAGED',
      message: expect.stringContaining(entryOf(1).key),
    });
    await expect(getChunk(store, entryOf(2))).rejects.toMatchObject({ code: 'E_STORE_OBJECT_MISSING' });
  });

  test('a giant object in the place of a chunk is not downloaded (law 8)', async () => {
    const store = withMeasure(await open());
    await store.put(entryOf(1).key, Buffer.alloc(1_000_000));
    await expect(getChunk(store, entryOf(1))).rejects.toMatchObject({
      code: 'E_CHUNK_DAMAGED',
      message: `chunk ${entryOf(1).key} has more than ${body.length} bytes`,
    });
    expect(store.statistics().bytesDownloaded).toBeLessThan(100);
  });

  test('chunks after a number are listed, in whatever digits', async () => {
    const store = await open();
    const numbers = [
      1, 2, 10, 99_999, 100_000, 899_999, 999_998, 999_999, 1_000_000, 1_000_001, 1_234_567, 9_999_999,
      10_000_000,
    ];
    for (const number of numbers) await store.put(chunkKey(number, start, 'zstd'), body);
    await store.put('chunks/notes.txt', body);
    for (const after of [0, 1, 5, 99_999, 999_998, 999_999, 1_000_000, 1_234_567, 9_999_999, 10_000_000]) {
      const found = await listChunksAfter(store, after);
      const expected = numbers.filter((number) => number > after);
      expect([...found.values()].map(({ number }) => number).sort((a, b) => a - b)).toEqual(expected);
      for (const { bytes } of found.values()) expect(bytes).toBe(body.length);
    }
  });
});

test('of a store with many chunks only the new ones are listed', async () => {
  const store = new MemoryStore();
  for (let number = 1; number <= 50; number++) await store.put(chunkKey(number * 1000, start, 'none'), body);
  let listed = 0;
  const watched = Object.assign(Object.create(store) as MemoryStore, {
    async *list(prefix: string, options?: { startAfter?: string }) {
      for await (const object of store.list(prefix, options)) {
        listed += 1;
        yield object;
      }
    },
  });
  expect([...(await listChunksAfter(watched, 48_000)).keys()]).toHaveLength(2);
  expect(listed).toBe(2);
});

test('two runs that find the same chunks give numbers that grow; the name tells the run', () => {
  const names = new ChunkNames(999_999, start);
  expect(names.next('gzip')).toEqual({
    number: 1_000_000,
    key: 'chunks/chunk_1000000_20250527_000750.json.gz',
  });
  expect(names.next('none')).toEqual({ number: 1_000_001, key: 'chunks/chunk_1000001_20250527_000750.json' });
  expect(names.last).toBe(1_000_001);
});
