import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ownBuffer } from '../../src/backup/row-sealer.ts';
import { decompress } from '../../src/chunk/compress.ts';
import { encodeRows } from '../../src/chunk/encode-rows.ts';
import { openChunk } from '../../src/chunk/open-chunk.ts';
import type { SealedChunk } from '../../src/chunk/chunk-sealer.ts';
import { sealChunk } from '../../src/chunk/seal-chunk.ts';
import { sha256 } from '../../src/chunk/digest-rows.ts';
import { compressions, type ColumnFormat } from '../../src/format/columns.ts';
import type { ChunkEntry } from '../../src/format/manifest.ts';
import { anyRows, copyRows } from './support.ts';

const columns: ColumnFormat[] = [
  { name: 'id', encoding: 'integer' },
  { name: 'v', encoding: 'text' },
];
const copyText = Buffer.from('1\tfirst "value"\n2\tsecond\\nvalue\n3\t\\N\n');
const damaged = (message: string) => expect.objectContaining({ code: 'E_CHUNK_DAMAGED', message });

function entryOf(sealed: SealedChunk, changes: Partial<ChunkEntry> = {}): ChunkEntry {
  const { body: _, ...facts } = sealed;
  return { number: 1, key: 'chunks/chunk_000001.json', kind: 'base', ...facts, ...changes };
}

describe.each(compressions)('a chunk, compression %s', (compression) => {
  test('of any rows opens to the same COPY text', async () => {
    await fc.assert(
      fc.asyncProperty(anyRows, async ({ columns, fields }) => {
        const rows = copyRows(fields);
        const sealed = await sealChunk(rows, columns, compression);
        expect(sealed.rows).toBe(fields.length);
        expect((await openChunk(sealed.body, entryOf(sealed), columns)).equals(rows)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  test('that is small leaves the memory alone that Node.js shares between buffers', async () => {
    await sealChunk(copyText, columns, compression);
    for (let times = 0; times < 20; times++) {
      // Fills the pool, so that what is sealed next comes to lie at the beginning of a new one.
      for (let half = 0; half < 2; half++) Buffer.allocUnsafe((Buffer.poolSize >> 1) - 8);
      const { body, bytes } = await sealChunk(copyText, columns, compression);
      const beside = Buffer.from('x'.repeat(1000));
      const own = ownBuffer(body);
      expect(structuredClone(own, { transfer: [own.buffer] })).toHaveLength(bytes);
      expect(String(beside)).toBe('x'.repeat(1000));
    }
  });

  test('says of itself what is true', async () => {
    const sealed = await sealChunk(copyText, columns, compression);
    expect(sealed).toMatchObject({
      compression,
      rows: 3,
      bytes: sealed.body.length,
      sha256: sha256(sealed.body),
      copyBytes: copyText.length,
      copySha256: sha256(copyText),
    });
    const json = await decompress(sealed.body, compression, 1000);
    expect(Buffer.from(json).equals(encodeRows(copyText, columns))).toBe(true);
  });

  test('cut short at any byte does not open, nor decompress to the same', async () => {
    const sealed = await sealChunk(copyText, columns, compression);
    for (let length = 0; length < sealed.body.length; length++) {
      const body = sealed.body.subarray(0, length);
      await expect(openChunk(body, entryOf(sealed), columns)).rejects.toThrow(/its size is/);
      const forged = entryOf(sealed, { bytes: length, sha256: sha256(body) });
      await expect(openChunk(body, forged, columns)).rejects.toMatchObject({ code: 'E_CHUNK_DAMAGED' });
    }
  });

  test('with any bit flipped does not open; with a forged checksum it never opens to other bytes', async () => {
    const sealed = await sealChunk(copyText, columns, compression);
    for (let bit = 0; bit < sealed.body.length * 8; bit++) {
      const body = Buffer.from(sealed.body);
      body[bit >> 3] = (body[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      await expect(openChunk(body, entryOf(sealed), columns)).rejects.toThrow(/its SHA-256 is/);
      const opened = await openChunk(body, entryOf(sealed, { sha256: sha256(body) }), columns).catch(
        (error: unknown) => error,
      );
      if (Buffer.isBuffer(opened)) expect(opened.equals(copyText)).toBe(true);
      else expect(opened).toMatchObject({ code: 'E_CHUNK_DAMAGED' });
    }
  });
});

describe('an entry that says something else', () => {
  const other = '0'.repeat(16);
  const cases: [Partial<ChunkEntry>, RegExp][] = [
    [{ bytes: 1 }, /chunk chunks\/chunk_000001\.json: its size is \d+ rather than 1$/],
    [{ sha256: other }, /its SHA-256 is [0-9a-f]{64} rather than 0{16}$/],
    [{ copyBytes: 40 }, /its size as COPY text is 37 rather than 40$/],
    [{ rows: 4 }, /its number of rows is 3 rather than 4$/],
    [{ copySha256: other }, /its SHA-256 as COPY text is [0-9a-f]{64} rather than 0{16}$/],
    [{ digest: other }, /its content digest is [0-9a-f]{16} rather than 0{16}$/],
  ];

  test.each(cases)('%j', async (changes, message) => {
    const sealed = await sealChunk(copyText, columns, 'none');
    await expect(openChunk(sealed.body, entryOf(sealed, changes), columns)).rejects.toMatchObject({
      code: 'E_CHUNK_DAMAGED',
      message: expect.stringMatching(message) as string,
    });
  });

  test('another column list', async () => {
    const sealed = await sealChunk(copyText, columns, 'zstd');
    await expect(openChunk(sealed.body, entryOf(sealed), columns.toReversed())).rejects.toThrow(
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
    await expect(decompress(stored, compression, 100_000)).rejects.toThrow(
      damaged(`${compression}: holds more than 100000 bytes`),
    );
    const sealed = await sealChunk(copyText, columns, compression);
    const entry = entryOf(sealed, { bytes: stored.length, sha256: sha256(stored) });
    await expect(openChunk(stored, entry, columns)).rejects.toThrow(/holds more than \d+ bytes/);
  });

  test('a zstd frame that asks for a huge window', async () => {
    // Magic, no content size, window of 2^(10 + n) bytes, one last raw block of one byte.
    const frame = (n: number) => Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, n << 3, 9, 0, 0, 0x78]);
    expect(Buffer.from(await decompress(frame(11), 'zstd', 1000)).toString()).toBe('x');
    await expect(decompress(frame(17), 'zstd', 1000)).rejects.toMatchObject({ code: 'E_CHUNK_DAMAGED' });
  });

  test('bytes that no compressor wrote', async () => {
    for (const compression of ['gzip', 'zstd'] as const) {
      await expect(decompress(copyText, compression, 1000)).rejects.toMatchObject({
        code: 'E_CHUNK_DAMAGED',
      });
      await expect(decompress(Buffer.alloc(0), compression, 1000)).rejects.toMatchObject({
        code: 'E_CHUNK_DAMAGED',
      });
    }
    await expect(decompress(copyText, 'none', 5)).rejects.toThrow(damaged('none: holds more than 5 bytes'));
  });

  test('a size that no memory holds costs nothing', async () => {
    const sealed = await sealChunk(copyText, columns, 'zstd');
    const entry = entryOf(sealed, { copyBytes: Number.MAX_SAFE_INTEGER, rows: Number.MAX_SAFE_INTEGER });
    await expect(openChunk(sealed.body, entry, columns)).rejects.toThrow(/its size as COPY text is 37/);
  });
});

describe('rows that cannot be sealed', () => {
  test('name row and column', async () => {
    await expect(sealChunk(Buffer.from('1\ta\n2\tb\rc\n'), columns, 'none')).rejects.toMatchObject({
      code: 'E_ENCODE',
      message: 'row 2, column "v": a control character that COPY does not write',
    });
  });
});
