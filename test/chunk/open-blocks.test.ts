import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { digestRows, sha256 } from '../../src/chunk/digest-rows.ts';
import { openBlocks } from '../../src/chunk/open-blocks.ts';
import { openChunk } from '../../src/chunk/open-chunk.ts';
import type { SealedChunk } from '../../src/chunk/chunk-sealer.ts';
import { sealChunk } from '../../src/chunk/seal-chunk.ts';
import { compressions, type ColumnFormat } from '../../src/format/columns.ts';
import type { ChunkEntry } from '../../src/format/manifest.ts';
import { anyRows, copyRows } from './support.ts';

const columns: ColumnFormat[] = [
  { name: 'id', encoding: 'integer' },
  { name: 'v', encoding: 'text' },
];
const copyText = Buffer.from('1\tfirst "value"\n2\tsecond,\\nvalue\n3\t\\N\n');

function entryOf(sealed: SealedChunk, changes: Partial<ChunkEntry> = {}): ChunkEntry {
  const { body: _, ...facts } = sealed;
  return { number: 1, key: 'chunks/chunk_000001.json', kind: 'base', ...facts, ...changes };
}

async function collect(body: Uint8Array, entry: ChunkEntry, own: readonly ColumnFormat[], most: number) {
  const blocks: Buffer[] = [];
  for await (const block of openBlocks(body, entry, own, most)) blocks.push(block);
  return blocks;
}

const codeOf = (error: unknown) => (error as { code?: unknown }).code;

describe.each(compressions)('a chunk that is opened in blocks, compression %s', (compression) => {
  test('gives the COPY text that was sealed, cut between rows', async () => {
    await fc.assert(
      fc.asyncProperty(anyRows, fc.integer({ min: 1, max: 80 }), async ({ columns: own, fields }, most) => {
        const rows = copyRows(fields);
        const sealed = await sealChunk(rows, own, compression);
        const blocks = await collect(sealed.body, entryOf(sealed), own, most);
        expect(Buffer.concat(blocks).equals(rows)).toBe(true);
        for (const block of blocks) expect(block.length === 0 || block.at(-1) === 0x0a).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  test('a row is a block by itself where it is wider', async () => {
    const sealed = await sealChunk(copyText, columns, compression);
    const blocks = await collect(sealed.body, entryOf(sealed), columns, 1);
    expect(blocks.map(String)).toEqual(['1\tfirst "value"\n', '2\tsecond,\\nvalue\n', '3\t\\N\n']);
  });

  test('gives nothing of a chunk with a bit flipped', async () => {
    const sealed = await sealChunk(copyText, columns, compression);
    const body = Buffer.from(sealed.body);
    body[body.length >> 1] = (body[body.length >> 1] ?? 0) ^ 1;
    const blocks = openBlocks(body, entryOf(sealed), columns, 1);
    await expect(blocks.next()).rejects.toThrow(/^chunk chunks\/chunk_000001\.json: its SHA-256 is/);
  });
});

test('takes the same files as openChunk does, whatever the entry says of them', async () => {
  const sealed = await sealChunk(copyText, columns, 'none');
  const json = String(sealed.body);
  const cuts = [...json.matchAll(/[[\]{},\n]/g)].map(({ index }) => index);
  const changed = cuts.flatMap((at) => [
    `${json.slice(0, at)}${json.slice(at + 1)}`,
    ...['\n', ',\n', '[\n', ']\n', '\n]\n'].map((more) => `${json.slice(0, at)}${more}${json.slice(at)}`),
  ]);
  for (const text of changed) {
    const body = Buffer.from(text);
    const entry = entryOf(sealed, { bytes: body.length, sha256: sha256(body) });
    const whole = await openChunk(body, entry, columns).then(String, codeOf);
    for (const most of [1, 20, 60])
      expect(await collect(body, entry, columns, most).then((all) => all.join(''), codeOf)).toBe(whole);
  }
});

describe('an entry that says something else', () => {
  const other = '0'.repeat(16);
  const cases: [Partial<ChunkEntry>, RegExp][] = [
    [{ bytes: 1 }, /its size is \d+ rather than 1$/],
    [{ copyBytes: 40 }, /its size as COPY text is 38 rather than 40$/],
    [{ copyBytes: 20 }, /its size as COPY text is \d+ rather than 20$/],
    [{ rows: 4 }, /its number of rows is 3 rather than 4$/],
    [{ copySha256: other }, /its SHA-256 as COPY text is [0-9a-f]{64} rather than 0{16}$/],
    [
      { digest: other },
      new RegExp(`its content digest is ${digestRows(copyText).digest} rather than 0{16}$`),
    ],
  ];
  test.each(cases)('%j', async (changes, message) => {
    const sealed = await sealChunk(copyText, columns, 'none');
    await expect(collect(sealed.body, entryOf(sealed, changes), columns, 20)).rejects.toThrow(message);
  });

  test('the row that cannot be decoded is counted from the first block', async () => {
    const sealed = await sealChunk(copyText, columns, 'none');
    const body = Buffer.from(String(sealed.body).replace('"id":3', '"id":x'));
    const entry = entryOf(sealed, { sha256: sha256(body) });
    await expect(collect(body, entry, columns, 1)).rejects.toThrow(/row 3/);
  });
});
