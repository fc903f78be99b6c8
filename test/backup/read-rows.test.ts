import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readRows, takeBack } from '../../src/backup/read-rows.ts';
import type { ReadRowsJob, RowsPart } from '../../src/backup/read-job.ts';
import { RowBuffer } from '../../src/backup/row-buffer.ts';
import { sha256 } from '../../src/chunk/digest-rows.ts';
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
        const slices = rows.length > 0 ? [{ rows: rows.length, keep: false }] : [];
        for (const parts of [
          await read(pieces(), { chunkBytes }),
          await read(pieces(), { chunkBytes, slices }),
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

test('slices are copies, even of all that was read, and the memory of a whole chunk is not kept for the next read', async () => {
  const rowOf = (letter: string) => Buffer.from(`1\t${letter.repeat(4_000_000)}\n`);
  const buffer = new RowBuffer();
  const readRow = async (row: Buffer) => {
    const changes = { slices: [{ rows: 1, keep: true }] };
    const { last } = await readRows(sending([row]), { ...job, ...changes }, buffer, async () => {});
    expect(buffer.bytes().buffer.byteLength).toBeLessThanOrEqual(1024 * 1024);
    return last?.slices[0]?.copyText ?? new Uint8Array();
  };
  const first = await readRow(rowOf('x'));
  const second = await readRow(rowOf('y'));
  expect(Buffer.compare(first, rowOf('x'))).toBe(0);
  expect(Buffer.compare(second, rowOf('y'))).toBe(0);
});
