import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeRows } from '../../src/chunk/decode-rows.ts';
import { digestRows } from '../../src/chunk/digest-rows.ts';
import { encodeRows } from '../../src/chunk/encode-rows.ts';
import { RowsDecoder } from '../../src/chunk/rows-decoder.ts';
import { RowsEncoder } from '../../src/chunk/rows-encoder.ts';
import { RowsSum } from '../../src/chunk/rows-sum.ts';
import { columnEncodings, type ColumnFormat } from '../../src/format/columns.ts';
import { anyRows, copyRows, type Field } from './support.ts';

interface PieceByPiece {
  write(piece: Uint8Array): Iterable<Uint8Array>;
  end(): Iterable<Uint8Array>;
}

/** Cuts bytes at places that the sizes give, over and over. */
function* cut(bytes: Uint8Array, sizes: readonly number[]): Generator<Uint8Array> {
  let at = 0;
  for (let index = 0; at < bytes.length; index++) {
    const size = sizes[index % sizes.length] ?? 1;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

function through(codec: PieceByPiece, bytes: Uint8Array, sizes: readonly number[]): Buffer {
  const out: Uint8Array[] = [];
  for (const piece of cut(bytes, sizes)) {
    // The codec may keep nothing of a piece that it is given: it is a view of memory that is used again.
    const copy = Uint8Array.from(piece);
    for (const done of codec.write(copy)) out.push(Uint8Array.from(done));
    copy.fill(0);
  }
  for (const done of codec.end()) out.push(Uint8Array.from(done));
  return Buffer.concat(out);
}

const sizes = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 8 });
const blocks = fc.constantFrom(1, 2, 7, 64, 100, 1000);
const latin = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1');
const textColumn: ColumnFormat[] = [{ name: 't', encoding: 'text' }];

/** Values much longer than a block, of what is hard to cut. */
const hard = ['\\', '"', '\u000b', '\u0001', '\t', 'é', '€', '🚀', 'x'].map((part) => Buffer.from(part));
const halves = [[0xc3], [0xa9], [0xf0, 0x9f], [0x9a, 0x80], [0xe2, 0x82], [0xff]].map((part) =>
  Buffer.from(part),
);
const longField: fc.Arbitrary<Field> = fc
  .array(fc.constantFrom(...hard, ...halves), { minLength: 50, maxLength: 400 })
  .map((parts) => Buffer.concat(parts));
const longRows = fc
  .array(fc.tuple(longField, fc.constantFrom<Field>(null, Buffer.from('7')), longField), {
    minLength: 1,
    maxLength: 3,
  })
  .map((fields) => ({
    columns: [
      { name: 'first "text"', encoding: 'text' },
      { name: 'number', encoding: 'integer' },
      { name: 'ключ', encoding: 'text' },
    ] as const,
    fields,
  }));

describe.each([
  ['any rows', anyRows],
  ['long rows', longRows],
] as const)('%s that come in pieces', (_, arbitrary) => {
  test('are encoded as they are as a whole', () => {
    fc.assert(
      fc.property(arbitrary, sizes, blocks, ({ columns, fields }, cuts, block) => {
        const copyText = copyRows(fields);
        const json = through(new RowsEncoder(columns, block), copyText, cuts);
        expect(latin(json)).toBe(latin(encodeRows(copyText, columns)));
      }),
      { numRuns: 400 },
    );
  });

  test('are decoded as they are as a whole', () => {
    fc.assert(
      fc.property(arbitrary, sizes, blocks, ({ columns, fields }, cuts, block) => {
        const copyText = copyRows(fields);
        const found = through(new RowsDecoder(columns, block), encodeRows(copyText, columns), cuts);
        expect(latin(found)).toBe(latin(copyText));
      }),
      { numRuns: 400 },
    );
  });

  test('have the rows and the digest of the whole', () => {
    fc.assert(
      fc.property(arbitrary, sizes, ({ fields }, cuts) => {
        const copyText = copyRows(fields);
        const sum = new RowsSum();
        for (const piece of cut(copyText, cuts)) sum.update(piece);
        const { rows, digest } = digestRows(copyText);
        expect(sum.result()).toEqual({ rows, digest });
      }),
      { numRuns: 400 },
    );
  });
});

test.each(columnEncodings)('a wide row with a column of %s', (encoding) => {
  const columns = [{ name: 'v', encoding }, ...textColumn];
  const values = ['\\N', '-12', 'NaN', 't', 'f', '2025-05-27 00:07:50.25+00', 'aT b', 'Z'];
  for (const value of values) {
    const copyText = Buffer.from(`${value}\t${'x'.repeat(500)}\n`);
    for (const size of [1, 3, 100]) {
      const json = through(new RowsEncoder(columns, 16), copyText, [size]);
      expect(json.toString()).toBe(encodeRows(copyText, columns).toString());
      expect(latin(through(new RowsDecoder(columns, 16), json, [size]))).toBe(latin(copyText));
    }
  }
});

/** Whether the whole is taken, and by the codec that takes it piece by piece. */
function outcomes(whole: () => Uint8Array, inPieces: () => Uint8Array): [string, string] {
  const outcome = (run: () => Uint8Array) => {
    try {
      return latin(run());
    } catch (error) {
      return (error as { code?: string }).code ?? String(error);
    }
  };
  return [outcome(whole), outcome(inPieces)];
}

describe('what is refused as a whole is refused in pieces', () => {
  test('of COPY text', () => {
    const broken = fc.string({
      unit: fc.constantFrom(...Array.from('\\N\t\nabx\u0001\u0008"')),
      maxLength: 60,
    });
    fc.assert(
      fc.property(broken, fc.boolean(), sizes, blocks, (text, ended, cuts, block) => {
        const copyText = Buffer.from(ended ? `${text}\n` : text);
        const columns = [...textColumn, { name: 'u', encoding: 'integer' } as const];
        const [whole, pieces] = outcomes(
          () => encodeRows(copyText, columns),
          () => through(new RowsEncoder(columns, block), copyText, cuts),
        );
        expect(pieces).toBe(whole);
      }),
      { numRuns: 1000 },
    );
  });

  test('of JSON: a byte changed, lost or added anywhere', () => {
    const change = fc.record({
      at: fc.nat(),
      take: fc.integer({ min: 0, max: 3 }),
      put: fc.string({ unit: fc.constantFrom(...Array.from(',\n{}[]":\\u0nté7')), maxLength: 3 }),
    });
    fc.assert(
      fc.property(
        fc.oneof(anyRows, longRows),
        change,
        sizes,
        blocks,
        (rows, { at, take, put }, cuts, block) => {
          const json = encodeRows(copyRows(rows.fields), rows.columns);
          const first = at % (json.length + 1);
          const changed = Buffer.concat([
            json.subarray(0, first),
            Buffer.from(put),
            json.subarray(first + take),
          ]);
          const [whole, pieces] = outcomes(
            () => decodeRows(changed, rows.columns),
            () => through(new RowsDecoder(rows.columns, block), changed, cuts),
          );
          expect(pieces).toBe(whole);
        },
      ),
      { numRuns: 1500 },
    );
  });

  test.each([
    ['escapes of bytes that are a character together', `${'x'.repeat(40)}\\udcc3\\udca9`],
    ['a number in place of a text', undefined],
  ])('%s', (_, text) => {
    const json = Buffer.from(`[\n{"t":${text === undefined ? '7'.repeat(100) : `"${text}"`}}\n]\n`);
    for (let size = 1; size < 60; size++) {
      const decode = () => through(new RowsDecoder(textColumn, 8), json, [size]);
      expect(decode).toThrow(expect.objectContaining({ code: 'E_CHUNK_DAMAGED' }));
    }
  });

  test('a value of another type that goes on and on', () => {
    const columns: ColumnFormat[] = [{ name: 'n', encoding: 'integer' }];
    const digits = Buffer.alloc(3 * 1024 * 1024, '1');
    const copyText = Buffer.concat([digits, Buffer.from('\n')]);
    expect(() => through(new RowsEncoder(columns), copyText, [65_536])).toThrow(
      /row 1, column "n": too long/,
    );
    const json = Buffer.concat([Buffer.from('[\n{"n":'), digits, Buffer.from('}\n]\n')]);
    expect(() => through(new RowsDecoder(columns), json, [65_536])).toThrow(/row 1, column "n": too long/);
  });

  test('naming the row, of those before it too', () => {
    const copyText = Buffer.from(`a\nb\n${'c'.repeat(100)}\\q\n`);
    expect(() => through(new RowsEncoder(textColumn, 16), copyText, [3])).toThrow(/^row 3, column "t"/);
  });
});
