import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readRows, takeBack } from '../../src/backup/read-rows.ts';
import type { ReadRowsJob, RowsPart } from '../../src/backup/read-job.ts';
import { RowBuffer } from '../../src/backup/row-buffer.ts';
import { digestRows, sha256 } from '../../src/chunk/digest-rows.ts';
import { encodeRows } from '../../src/chunk/encode-rows.ts';
import type { ColumnFormat } from '../../src/format/columns.ts';
import type { RowSink } from '../../src/postgres/copy-out-query.ts';
import type { Session } from '../../src/postgres/session.ts';

const columns: ColumnFormat[] = [
  { name: 'id', encoding: 'integer' },
  { name: 'v', encoding: 'text' },
];

const job: ReadRowsJob = {
  kind: 'read',
  snapshotId: '',
  doing: 'reading',
  sql: '',
  columns,
  key: [0],
  chunkBytes: 10_000_000,
  compression: 'none',
  slices: [],
  temporaryFolder: '',
};

/** A session that sends these pieces, and then ends or fails. */
function sending(pieces: readonly Uint8Array[], failure?: Error): Session {
  const copyRows = async (_sql: string, sink: RowSink) => {
    for (const piece of pieces) await sink(piece);
    if (failure) throw failure;
  };
  return { copyRows } as unknown as Session;
}

async function read(pieces: readonly Uint8Array[], changes: Partial<ReadRowsJob> = {}): Promise<RowsPart[]> {
  const given: RowsPart[] = [];
  const take = async (part: RowsPart) => void given.push(part);
  const { before, last } = await readRows(sending(pieces), { ...job, ...changes }, new RowBuffer(), take);
  return [...given, ...before, ...(last ? [last] : [])];
}

function bodyOf({ sealed: { content } }: RowsPart): Uint8Array<ArrayBuffer> {
  return 'path' in content ? expect.fail('a file') : content;
}

function piecesOf(text: Buffer, bytes: number): Buffer[] {
  const count = Math.ceil(text.length / bytes);
  return Array.from({ length: count }, (_, index) => text.subarray(index * bytes, (index + 1) * bytes));
}

/** The chunks that rows belong into: as many as fit, one at least. */
function expected(rows: readonly string[], chunkBytes: number): string[] {
  const chunks: string[] = [];
  let chunk = '';
  for (const row of rows) {
    if (chunk !== '' && chunk.length + row.length > chunkBytes) {
      chunks.push(chunk);
      chunk = '';
    }
    chunk += row;
  }
  return chunk === '' ? chunks : [...chunks, chunk];
}

test('chunks end where they should, however the rows come and whether or not they are sealed as they come', async () => {
  const lengths = fc.array(fc.oneof(fc.nat(200), fc.nat(400_000)), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(
      lengths,
      fc.integer({ min: 1, max: 900_000 }),
      fc.integer({ min: 5000, max: 300_000 }),
      async (widths, chunkBytes, pieceBytes) => {
        const rows = widths.map((width, row) => `${row}\t${'x'.repeat(width)}\n`);
        const pieces = () => piecesOf(Buffer.from(rows.join('')), pieceBytes);
        const cuts = [rows.length];
        for (const parts of [
          await read(pieces(), { chunkBytes }),
          await read(pieces(), { chunkBytes, cuts }),
        ]) {
          const texts = expected(rows, chunkBytes);
          expect(parts.map(({ sealed }) => sealed.copyBytes)).toEqual(texts.map(({ length }) => length));
          for (const [index, part] of parts.entries()) {
            const text = texts[index] ?? '';
            expect(bodyOf(part)).toEqual(Uint8Array.from(encodeRows(Buffer.from(text), columns)));
            const keys = text.split('\n').map((row) => row.split('\t')[0] ?? '');
            expect(part.sealed).toMatchObject({ firstKey: [keys[0]], lastKey: [keys.at(-2)] });
          }
        }
      },
    ),
    { numRuns: 40 },
  );
});

const text = (letter: string, rows = 3000) =>
  Buffer.from(Array.from({ length: rows }, (_, row) => `${row}\t${letter.repeat(1000)}\n`).join(''));

test('what is on its way to the store keeps its memory while others are read, and only then is it used again', async () => {
  const held: RowsPart[] = [];
  for (const letter of 'abcdef') held.push(...(await read(piecesOf(text(letter), 65_536))));
  for (const part of held) expect(sha256(bodyOf(part))).toBe(part.sealed.sha256);
  // One after the other is stored, and gives its memory to the next, as a thread gets it back.
  const room = (part: RowsPart) => Buffer.from(bodyOf(part).buffer, bodyOf(part).length);
  for (const [index, part] of held.entries()) room(part).fill(index);
  const marks = held.map((_, index) => index);
  for (const letter of 'ghijklmnop') {
    const stored = held.shift() ?? expect.fail('nothing is held');
    takeBack([bodyOf(stored).buffer]);
    expect(bodyOf(stored)).toHaveLength(0);
    const [part = expect.fail('no chunk')] = await read(piecesOf(text(letter), 65_536));
    marks.push(marks.shift() ?? 0);
    expect(room(part)[0]).toBe(marks.at(-1));
    held.push(part);
    for (const { sealed, ...others } of held)
      expect(sha256(bodyOf({ sealed, ...others }))).toBe(sealed.sha256);
  }
});

test('a read that fails while its chunk is compressed gives no memory away that the chunk is in', async () => {
  const lost = new Error('the connection is lost');
  for (let turn = 0; turn < 5; turn++) {
    const parts: RowsPart[] = [];
    const seen = Promise.withResolvers<void>();
    const take = async (part: RowsPart) => {
      parts.push(part);
      seen.resolve();
    };
    // The sink goes on with a chunk that it closed when the session has failed already.
    const copyRows = async (_sql: string, sink: RowSink) => {
      for (const piece of piecesOf(text('a', 2000), 65_536)) void sink(piece);
      const closing = sink(text('b', 2000));
      expect(closing).toBeInstanceOf(Promise);
      throw lost;
    };
    const session = { copyRows } as unknown as Session;
    const small = { ...job, compression: 'zstd', chunkBytes: 2_200_000 } as const;
    await expect(readRows(session, small, new RowBuffer(), take)).rejects.toBe(lost);
    const others = await read(piecesOf(text('c'), 65_536));
    await seen.promise;
    for (const part of [...parts, ...others]) expect(sha256(bodyOf(part))).toBe(part.sealed.sha256);
    expect(parts[0]?.sealed.copyBytes).toBeGreaterThan(2_190_000);
  }
});

test('slices are told of the rows that lie in each chunk, however they come, and of no others (law 2)', async () => {
  const sliceRows = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 6 });
  const width = fc.oneof({ weight: 4, arbitrary: fc.nat(200) }, fc.nat(200_000));
  await fc.assert(
    fc.asyncProperty(
      sliceRows.chain((counts) => {
        const length = counts.reduce((sum, count) => sum + count, 0);
        const widths = fc.array(width, { minLength: length, maxLength: length });
        return fc.tuple(fc.constant(counts), widths);
      }),
      fc.integer({ min: 1, max: 900_000 }),
      fc.integer({ min: 5000, max: 300_000 }),
      async ([counts, widths], chunkBytes, pieceBytes) => {
        const rows = widths.map((length, row) => `${row}\t${'x'.repeat(length)}\n`);
        const slices = counts.map((count, index) => ({ rows: count, keep: index % 2 === 0 }));
        const parts = await read(piecesOf(Buffer.from(rows.join('')), pieceBytes), { chunkBytes, slices });
        const sliceOf = counts.flatMap((count, index) => Array.from({ length: count }, () => index));
        let row = 0;
        for (const { sealed, slices: told } of parts) {
          const inChunk = rows.slice(row, row + sealed.rows).map((text, at) => ({ text, row: row + at }));
          const bySlice = Map.groupBy(inChunk, (each) => sliceOf[each.row]);
          expect(told).toEqual([...bySlice].map(([slice, those]) => sliceTold(slice, those)));
          row += sealed.rows;
        }
        expect(row).toBe(rows.length);
      },
    ),
    { numRuns: 60 },
  );
});

/** Keys are wanted of every other slice. */
function sliceTold(slice = -1, those: readonly { readonly text: string; readonly row: number }[]) {
  const copyText = Buffer.from(those.map(({ text }) => text).join(''));
  const { rows, digest } = digestRows(copyText);
  const keys = slice % 2 === 0 ? those.map(({ row }) => String(row)) : null;
  return { slice, rows, copyBytes: copyText.length, digest, keys };
}

test('the memory of a whole chunk is not kept for the next read', async () => {
  const buffer = new RowBuffer();
  const row = Buffer.from(`1\t${'x'.repeat(4_000_000)}\n`);
  await readRows(sending([row]), job, buffer, async () => {});
  expect(buffer.bytes().buffer.byteLength).toBeLessThanOrEqual(1024 * 1024);
});
