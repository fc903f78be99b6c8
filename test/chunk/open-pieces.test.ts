import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sha256 } from '../../src/chunk/digest-rows.ts';
import { openPieces } from '../../src/chunk/open-pieces.ts';
import type { SealedChunk } from '../../src/chunk/chunk-sealer.ts';
import { sealChunk } from '../../src/chunk/seal-chunk.ts';
import { slicePieces } from '../../src/chunk/slice-pieces.ts';
import { compressions, type ColumnFormat } from '../../src/format/columns.ts';
import type { ChunkEntry } from '../../src/format/manifest.ts';
import { anyRows, copyRows } from './support.ts';

const columns: ColumnFormat[] = [
  { name: 'id', encoding: 'integer' },
  { name: 'v', encoding: 'text' },
];
const copyText = Buffer.from('1\tfirst "value"\n2\tsecond\\nvalue\n3\t\\N\n');

function entryOf(sealed: SealedChunk, changes: Partial<ChunkEntry> = {}): ChunkEntry {
  const { body: _, ...facts } = sealed;
  return { number: 1, key: 'chunks/chunk_000001.json', kind: 'base', ...facts, ...changes };
}

async function* cut(bytes: Uint8Array, size = 7): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function collect(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(Uint8Array.from(piece));
  return Buffer.concat(all);
}

const open = (stored: Uint8Array, entry: ChunkEntry, of = columns) =>
  collect(openPieces(cut(stored), entry, of));

describe.each(compressions)('a chunk that is opened in pieces, compression %s', (compression) => {
  test('gives the COPY text that was sealed', async () => {
    await fc.assert(
      fc.asyncProperty(anyRows, fc.integer({ min: 1, max: 50 }), async ({ columns: own, fields }, size) => {
        const rows = copyRows(fields);
        const sealed = await sealChunk(rows, own, compression);
        const opened = await collect(openPieces(cut(sealed.body, size), entryOf(sealed), own));
        expect(opened.equals(rows)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  test('does not open cut short at any byte, whatever the entry says', async () => {
    const sealed = await sealChunk(copyText, columns, compression);
    for (let length = 0; length < sealed.body.length; length += 3) {
      const body = sealed.body.subarray(0, length);
      await expect(open(body, entryOf(sealed))).rejects.toMatchObject({ code: 'E_CHUNK_DAMAGED' });
      const forged = entryOf(sealed, { bytes: length, sha256: sha256(body) });
      await expect(open(body, forged)).rejects.toMatchObject({ code: 'E_CHUNK_DAMAGED' });
    }
  });

  test('does not open with a bit flipped, or with more behind it', async () => {
    const sealed = await sealChunk(copyText, columns, compression);
    for (let bit = 0; bit < sealed.body.length * 8; bit += 5) {
      const body = Buffer.from(sealed.body);
      body[bit >> 3] = (body[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      await expect(open(body, entryOf(sealed))).rejects.toMatchObject({ code: 'E_CHUNK_DAMAGED' });
    }
    const longer = Buffer.concat([sealed.body, Buffer.from('x')]);
    await expect(open(longer, entryOf(sealed))).rejects.toThrow(/its size is/);
  });
});

describe('an entry that says something else', () => {
  const other = '0'.repeat(16);
  const cases: [Partial<ChunkEntry>, RegExp][] = [
    [{ bytes: 1 }, /chunk chunks\/chunk_000001\.json: its size is more than 1 rather than 1$/],
    [{ bytes: 1000 }, /its size is \d+ rather than 1000$/],
    [{ sha256: other }, /its SHA-256 is [0-9a-f]{64} rather than 0{16}$/],
    [{ copyBytes: 40 }, /its size as COPY text is 37 rather than 40$/],
    [{ copyBytes: 36 }, /its size as COPY text is 37 rather than 36$/],
    [{ rows: 4 }, /its number of rows is 3 rather than 4$/],
    [{ copySha256: other }, /its SHA-256 as COPY text is [0-9a-f]{64} rather than 0{16}$/],
    [{ digest: other }, /its content digest is [0-9a-f]{16} rather than 0{16}$/],
  ];

  test.each(cases)('%j', async (changes, message) => {
    const sealed = await sealChunk(copyText, columns, 'none');
    await expect(open(sealed.body, entryOf(sealed, changes))).rejects.toMatchObject({
      code: 'E_CHUNK_DAMAGED',
      message: expect.stringMatching(message) as string,
    });
  });

  test('another column list', async () => {
    const sealed = await sealChunk(copyText, columns, 'zstd');
    await expect(open(sealed.body, entryOf(sealed), columns.toReversed())).rejects.toThrow(
      'chunk chunks/chunk_000001.json: no chunk of a table with these columns',
    );
  });
});

describe('hostile objects', () => {
  const bomb = Buffer.alloc(50_000_000);

  test.each([
    ['gzip', gzipSync(bomb)],
    ['zstd', zstdCompressSync(bomb)],
  ] as const)('a %s bomb ends at the size that the entry allows', async (compression, stored) => {
    const sealed = await sealChunk(copyText, columns, compression);
    const entry = entryOf(sealed, { bytes: stored.length, sha256: sha256(stored) });
    await expect(open(stored, entry)).rejects.toThrow(/no chunk of a table|holds more than \d+ bytes/);
  });

  test('a failure of the store on the way is no damage', async () => {
    const sealed = await sealChunk(copyText, columns, 'zstd');
    const broken = async function* () {
      yield sealed.body.subarray(0, 5);
      throw new Error('the store went away');
    };
    await expect(collect(openPieces(broken(), entryOf(sealed), columns))).rejects.toThrow(
      /^the store went away$/,
    );
  });
});

test('slices of rows are the same however the text is cut', async () => {
  const rows = ['a\n', '\n', 'ccc\n', 'd\n', 'ee\n'];
  const text = Buffer.from(rows.join(''));
  for (let size = 1; size <= text.length; size++) {
    for (let first = 0; first <= rows.length; first++) {
      for (let count = 0; count <= rows.length - first; count++) {
        const slice = await collect(slicePieces(cut(text, size), first, count));
        expect(slice.toString()).toBe(rows.slice(first, first + count).join(''));
      }
    }
  }
});
