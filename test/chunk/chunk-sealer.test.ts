import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ChunkSealer, type SealedChunk } from '../../src/chunk/chunk-sealer.ts';
import { decompress } from '../../src/chunk/compress.ts';
import { digestRows, sha256 } from '../../src/chunk/digest-rows.ts';
import { encodeRows } from '../../src/chunk/encode-rows.ts';
import { fileOfLines } from '../../src/chunk/in-blocks.ts';
import { SpareMemory } from '../../src/core/spare-memory.ts';
import { compressions, type ColumnFormat } from '../../src/format/columns.ts';
import { anyRows, copyRows } from './support.ts';

const columns: ColumnFormat[] = [
  { name: 'id', encoding: 'integer' },
  { name: 'v', encoding: 'text' },
];

function rowsOf(from: number, count: number, letter: string): Buffer {
  return Buffer.from(
    Array.from({ length: count }, (_, row) => `${from + row}\t${letter.repeat(1000)}\n`).join(''),
  );
}

async function jsonOf({ body, compression }: SealedChunk): Promise<Buffer> {
  return Buffer.from(await decompress(body, compression, 100_000_000));
}

describe.each(compressions)('compression %s', (compression) => {
  test('rows that come in pieces are sealed as they are at once', async () => {
    const spare = new SpareMemory();
    await fc.assert(
      fc.asyncProperty(anyRows, fc.nat(), async ({ columns, fields }, cut) => {
        const sealer = new ChunkSealer(columns, compression, spare);
        const first = cut % (fields.length + 1);
        sealer.add(copyRows(fields.slice(0, first)));
        sealer.add(copyRows(fields.slice(first)));
        const copyText = copyRows(fields);
        expect(sealer.copyBytes).toBe(copyText.length);
        const sealed = await sealer.finish();
        expect((await jsonOf(sealed)).equals(encodeRows(copyText, columns))).toBe(true);
        const { rows, copySha256, digest } = digestRows(copyText);
        expect(sealed).toMatchObject({ rows, copySha256, digest, sha256: sha256(sealed.body) });
      }),
      { numRuns: 200 },
    );
  });

  test('chunks that are made at the same time in one spare memory, again and again, hold their own rows', async () => {
    const spare = new SpareMemory();
    for (let turn = 0; turn < 6; turn++) {
      const texts = ['a', 'b', 'c'].map((letter) => rowsOf(turn * 10_000, 2500, letter));
      const sealers = texts.map(() => new ChunkSealer(columns, compression, spare));
      const abandoned = new ChunkSealer(columns, compression, spare);
      for (let part = 0; part < 5; part++) {
        const length = 500;
        for (const sealer of sealers) {
          const letter = 'abc'[sealers.indexOf(sealer)] ?? '';
          sealer.add(rowsOf(turn * 10_000 + part * length, length, letter));
        }
        abandoned.add(rowsOf(1, 300, 'x'));
      }
      // What goes on with the first two must not be disturbed by what is given up and begun meanwhile.
      const finishing = sealers.slice(0, 2).map((sealer) => sealer.finish());
      abandoned.abandon();
      const next = new ChunkSealer(columns, compression, spare);
      next.add(rowsOf(1, 2500, 'y'));
      const sealed = await Promise.all([...finishing, ...sealers.slice(2).map((sealer) => sealer.finish())]);
      for (const [index, chunk] of sealed.entries()) {
        expect(sha256(chunk.body)).toBe(chunk.sha256);
        expect((await jsonOf(chunk)).equals(encodeRows(texts[index] ?? Buffer.alloc(0), columns))).toBe(true);
        if (compression === 'none') spare.give(chunk.body.buffer as ArrayBuffer);
      }
      next.abandon();
    }
  });
});

test('a chunk lies in the memory of one before it that was given back', async () => {
  const spare = new SpareMemory();
  const seal = async (letter: string) => {
    const sealer = new ChunkSealer(columns, 'none', spare);
    sealer.add(rowsOf(1, 2000, letter));
    return sealer.finish();
  };
  /** Behind the chunk there is room, which nobody writes to. */
  const mark = ({ buffer, length }: Uint8Array, letter?: string) => {
    const room = Buffer.from(buffer as ArrayBuffer, length);
    if (letter !== undefined) room.fill(letter);
    return room.toString('latin1', 0, 1);
  };
  await seal('a');
  const [second, third] = [(await seal('b')).body, (await seal('c')).body];
  mark(second, 'B');
  mark(third, 'C');
  spare.give(second.buffer as ArrayBuffer);
  expect(second).toHaveLength(0);
  expect(mark((await seal('d')).body)).toBe('B');
  // A small one does not keep large memory.
  spare.give(third.buffer as ArrayBuffer);
  const sealer = new ChunkSealer(columns, 'none', spare);
  sealer.add(rowsOf(1, 2, 'e'));
  const small = (await sealer.finish()).body;
  expect(small.buffer.byteLength).toBe(small.length);
  expect(mark((await seal('f')).body)).toBe('C');
});

test('a row that cannot be encoded is named by its place in the chunk', () => {
  const sealer = new ChunkSealer(columns, 'none', new SpareMemory());
  sealer.add(rowsOf(1, 700, 'a'));
  expect(() => sealer.add(Buffer.from('701\tgood\n702\tbad\\qescape\n'))).toThrow(/^row 702, column "v"/);
});

test('rows that do not stand behind a comma, or a bracket, are no file', () => {
  const rows = (text: string, isFirst: boolean) =>
    Buffer.from(fileOfLines(Buffer.from(text), isFirst)).toString();
  expect(rows('[\n{"id":1}', true)).toBe('[\n{"id":1}\n]\n');
  expect(rows(',\n{"id":2}', false)).toBe('[\n{"id":2}\n]\n');
  expect(rows(';\n{"id":2}', false)).toBe(';\n{"id":2}\n]\n');
});
