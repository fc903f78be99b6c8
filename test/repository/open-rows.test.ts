import { expect, test } from 'vitest';
import { sealChunk } from '../../src/chunk/seal-chunk.ts';
import { JobsHere } from '../../src/core/threads/jobs-here.ts';
import type { Compression } from '../../src/format/columns.ts';
import type { ChunkEntry, ManifestTable } from '../../src/format/manifest.ts';
import { openRows, PatchOpener, type OpenedRows, type OpenJob } from '../../src/repository/open-rows.ts';
import { exampleManifest } from '../format/example-manifest.ts';

const example = exampleManifest().tables[0] ?? expect.fail('the example has a table');
const [someColumn = expect.fail('and the table a column')] = example.columns;
const columns = [
  { ...someColumn, name: 'id', encoding: 'integer' as const },
  { ...someColumn, name: 'v', encoding: 'text' as const },
];
const table: ManifestTable = { ...example, columns };

function textOf(rows: number, mark: string): Buffer {
  return Buffer.from(Array.from({ length: rows }, (_, id) => `${id}\t${mark.repeat(300)}\n`).join(''));
}

async function sealed(rows: number, mark: string, compression: Compression = 'none') {
  const { body, ...facts } = await sealChunk(textOf(rows, mark), columns, compression);
  const entry: ChunkEntry = { number: 1, key: 'chunks/chunk_000001.json', kind: 'patch', ...facts };
  return { entry, body: Uint8Array.from(body) };
}

function opener(): PatchOpener {
  const jobs = new JobsHere<OpenJob, OpenedRows>({ run: openRows, close: async () => {} });
  return new PatchOpener({ run: (job, signal) => jobs.run(job, signal) }, new AbortController().signal);
}

/** Into the memory that it is given, as stores do. */
const into =
  (body: Uint8Array) =>
  async ({ into: give }: { into: (bytes: number) => Uint8Array }): Promise<Uint8Array> => {
    const memory = give(body.length);
    memory.set(body);
    return memory;
  };

test.each<Compression>(['none', 'gzip', 'zstd'])(
  'chunks are opened one after the other in the same memory, with %s',
  async (compression) => {
    const patches = opener();
    let before: Uint8Array | undefined;
    for (const [rows, mark] of [
      [2000, 'a'],
      [3, 'b'],
      [3000, 'c'],
      [0, 'd'],
      [1500, 'e'],
    ] as const) {
      const { entry, body } = await sealed(rows, mark, compression);
      const copyText = await patches.open({ entry, table }, into(body));
      expect(Buffer.compare(copyText, textOf(rows, mark))).toBe(0);
      expect(before?.length ?? 0).toBe(0);
      patches.letGo(copyText);
      // Whoever still reads it gets nothing, rather than rows of another chunk.
      expect(copyText).toHaveLength(0);
      before = copyText;
    }
  },
);

test('two that are open at once lie in memory of their own', async () => {
  const patches = opener();
  const marks = ['a', 'b', 'c'];
  const texts = await Promise.all(
    marks.map(async (mark) => {
      const { entry, body } = await sealed(1000, mark);
      return patches.open({ entry, table }, into(body));
    }),
  );
  for (const [index, mark] of marks.entries())
    expect(Buffer.compare(texts[index] ?? Buffer.alloc(0), textOf(1000, mark))).toBe(0);
});

test('a store that takes no memory is as good', async () => {
  const { entry, body } = await sealed(1000, 'a');
  const copyText = await opener().open({ entry, table }, async () => body);
  expect(Buffer.compare(copyText, textOf(1000, 'a'))).toBe(0);
});

test.each([1, 1000, 2 ** 25, 2 ** 45])(
  'an entry that promises %i bytes more than there are costs no memory, and is damage (law 8)',
  async (more) => {
    const { entry, body } = await sealed(1000, 'a');
    const promised = { ...entry, copyBytes: entry.copyBytes + more };
    const opened = opener().open({ entry: promised, table }, into(body));
    await expect(opened).rejects.toMatchObject({ code: 'E_CHUNK_DAMAGED' });
  },
);

test('a chunk with fewer bytes promised than there are, and one that was changed, are damage', async () => {
  const { entry, body } = await sealed(1000, 'a');
  const fewer = opener().open({ entry: { ...entry, copyBytes: entry.copyBytes - 400 }, table }, into(body));
  await expect(fewer).rejects.toMatchObject({ code: 'E_CHUNK_DAMAGED' });
  body[5000] = 0x62;
  const changed = opener().open({ entry, table }, into(body));
  await expect(changed).rejects.toMatchObject({ code: 'E_CHUNK_DAMAGED' });
});
