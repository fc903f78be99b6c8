import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { chunksByNumber } from '../../src/format/chunk-lookup.ts';
import type { ChunkEntry, RangeEntry } from '../../src/format/manifest.ts';
import { PatchRows, patchesOf, type UsedChunk, type UsedSlice } from '../../src/repository/patch-rows.ts';
import { exampleManifest } from '../format/example-manifest.ts';

const table = exampleManifest().tables[0] ?? expect.fail('the example has a table');
const someEntry = table.chunks.at(0) ?? expect.fail('and the table a chunk');

/** So many rows, each with the number of its chunk and its own. */
function chunkOf(number: number, rows: number): { readonly chunk: UsedChunk; readonly lines: string[] } {
  const lines = Array.from({ length: rows }, (_, index) => `${number}\t${index}\t${'v'.repeat(1000)}\n`);
  const copyBytes = Buffer.byteLength(lines.join(''));
  const entry: ChunkEntry = { ...someEntry, number, key: `chunks/chunk_${number}.json`, rows, copyBytes };
  return { chunk: { entry, table }, lines };
}

/** Opens chunks, some later than others, and notes what is open. */
class Opener {
  readonly opened: string[] = [];
  readonly texts = new Set<Uint8Array>();
  readonly #lines: ReadonlyMap<string, string[]>;
  most = 0;
  fail = new Set<string>();

  constructor(chunks: readonly ReturnType<typeof chunkOf>[]) {
    this.#lines = new Map(chunks.map(({ chunk, lines }) => [chunk.entry.key, lines]));
  }

  async open({ entry: { key } }: UsedChunk): Promise<Uint8Array> {
    this.opened.push(key);
    for (let turn = 0; turn < this.opened.length % 3; turn++) await setImmediate();
    if (this.fail.has(key)) throw new Error(`${key} is damaged`);
    const text = Uint8Array.from(Buffer.from((this.#lines.get(key) ?? []).join('')));
    this.texts.add(text);
    this.most = Math.max(this.most, this.texts.size);
    return text;
  }

  letGo(text: Uint8Array): void {
    if (!this.texts.delete(text)) throw new Error('let go twice');
    text.fill(0x21);
  }
}

/** Ranges that each need some next rows of the chunks of a few runs, which end at different ranges. */
function rangesOver(runs: readonly number[], ranges: number) {
  const chunks: ReturnType<typeof chunkOf>[] = [];
  const slices: UsedSlice[][] = Array.from({ length: ranges }, () => []);
  for (const [run, rangesPerChunk] of runs.entries()) {
    for (let first = 0; first < ranges; first += rangesPerChunk) {
      const used = chunkOf(run * 1000 + first, 2 * rangesPerChunk);
      chunks.push(used);
      for (let range = first; range < Math.min(ranges, first + rangesPerChunk); range++)
        slices[range]?.push({ chunk: used.chunk, first: 2 * (range - first), rows: 2 });
    }
  }
  const lines = new Map(chunks.map((each) => [each.chunk.entry.key, each.lines]));
  const expected = slices.map((patches) =>
    patches.map(({ chunk, first, rows }) =>
      lines
        .get(chunk.entry.key)
        ?.slice(first, first + rows)
        .join(''),
    ),
  );
  return { chunks, slices, expected };
}

const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

test('whatever is read beside each other, each range gets its rows, and chunks that are not needed are let go', async () => {
  const runs = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(runs, fc.integer({ min: 1, max: 6 }), async (lengths, atOnce) => {
      const { chunks, slices, expected } = rangesOver(lengths, 40);
      const opener = new Opener(chunks);
      const patches = new PatchRows(opener);
      const found: string[][] = [];
      let next = 0;
      const read = async () => {
        for (let range = next++; range < slices.length; range = next++) {
          const rows = await Array.fromAsync(patches.rowsOf(slices[range] ?? []));
          found[range] = rows.map(textOf);
        }
      };
      await Promise.all(Array.from({ length: atOnce }, read));
      expect(found).toEqual(expected);
      await setImmediate();
      // Twice what a range needs, by bytes: the chunks of a run that ends often are small.
      const bytes = [...opener.texts].reduce((sum, { byteLength }) => sum + byteLength, 0);
      const needed = (slices.at(-1) ?? []).reduce((sum, { chunk }) => sum + chunk.entry.copyBytes, 0);
      expect(bytes).toBeLessThanOrEqual(2 * needed);
    }),
  );
});

test('a chunk that patches many neighbours is opened once, though ranges are read beside each other', async () => {
  const { chunks, slices } = rangesOver([10, 10, 15], 60);
  const opener = new Opener(chunks);
  const patches = new PatchRows(opener);
  for (let first = 0; first < 60; first += 4) {
    const some = slices.slice(first, first + 4);
    await Promise.all(some.map((needed) => Array.fromAsync(patches.rowsOf(needed))));
  }
  expect(opener.opened.toSorted()).toEqual(chunks.map(({ chunk }) => chunk.entry.key).toSorted());
  expect(opener.most).toBeLessThanOrEqual(7);
});

test('what could not be opened is tried again by the next one who asks', async () => {
  const { chunks, slices, expected } = rangesOver([5], 5);
  const opener = new Opener(chunks);
  const patches = new PatchRows(opener);
  opener.fail.add('chunks/chunk_0.json');
  const all = slices.map((needed) => Array.fromAsync(patches.rowsOf(needed)));
  for (const one of all) await expect(one).rejects.toThrow('chunks/chunk_0.json is damaged');
  expect(opener.opened).toHaveLength(1);
  opener.fail.clear();
  const rows = await Array.fromAsync(patches.rowsOf(slices[3] ?? []));
  expect(rows.map(textOf)).toEqual(expected[3]);
  expect(opener.opened).toHaveLength(2);
});

test('who stops in the middle holds nothing open', async () => {
  const { chunks, slices } = rangesOver([1, 1], 2);
  const opener = new Opener(chunks);
  const patches = new PatchRows(opener);
  for await (const rows of patches.rowsOf(slices[0] ?? [])) if (rows.length > 0) break;
  await Array.fromAsync(patches.rowsOf(slices[1] ?? []));
  await setImmediate();
  expect(opener.opened).toHaveLength(3);
  expect(opener.texts.size).toBe(2 + 1);
});

test('of rows that the chunk does not have there are none', async () => {
  const { chunk, lines } = chunkOf(1, 3);
  const patches = new PatchRows(new Opener([{ chunk, lines }]));
  const wanted = [
    { chunk, first: 2, rows: 5 },
    { chunk, first: 4, rows: 1 },
  ];
  const rows = await Array.fromAsync(patches.rowsOf(wanted));
  expect(rows.map(textOf)).toEqual([lines[2], '']);
});

test('a range without patches needs none, and one with a chunk that the manifest lacks is a bug', async () => {
  const patches = new PatchRows(new Opener([]));
  expect(await Array.fromAsync(patches.rowsOf([]))).toEqual([]);
  const range = table.ranges.at(0) ?? expect.fail('the table has a range');
  const patched: RangeEntry = { ...range, patches: [{ chunk: 99_999, first: 0, rows: 1 }] };
  expect(() => patchesOf(patched, table, chunksByNumber(table.chunks))).toThrow('lacks chunk 99999');
});
