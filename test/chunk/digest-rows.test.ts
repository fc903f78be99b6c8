import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import xxhash from 'xxhash-wasm';
import { contentDigest, digestRows, rowDigest } from '../../src/chunk/digest-rows.ts';
import { addDigests, formatDigest } from '../../src/format/digest.ts';
import { splitRows } from '../../src/chunk/split-rows.ts';
import { anyRows, copyRows } from './support.ts';

const other = await xxhash();

/** Row by row, with another implementation of XXH64. */
function expectedDigest(copyText: Buffer): { rows: number; copySha256: string; digest: string } {
  const rows = copyText.toString('latin1').split('\n').slice(0, -1);
  const sum = rows.reduce((total, row) => total + other.h64Raw(Buffer.from(row, 'latin1'), 0n), 0n);
  const copySha256 = createHash('sha256').update(copyText).digest('hex');
  return { rows: rows.length, copySha256, digest: formatDigest(sum) };
}

describe('the digest of rows', () => {
  test('of published vectors', () => {
    expect(formatDigest(rowDigest(Buffer.from(''), 0, 0))).toBe('ef46db3751d8e999');
    expect(formatDigest(rowDigest(Buffer.from('abc'), 0, 3))).toBe('44bc2cf5ad770999');
  });

  test.each(Array.from({ length: 100 }, (_, length) => length))('of a row of %i bytes', (length) => {
    const row = Buffer.from(Array.from({ length }, (_, index) => (index * 37 + 128) & 0xff));
    const copyText = Buffer.concat([Buffer.from('before\n'), row, Buffer.from('\nafter\n')]);
    expect(rowDigest(copyText, 7, 7 + length)).toBe(other.h64Raw(row, 0n));
  });

  test('of any rows', () => {
    fc.assert(
      fc.property(anyRows, ({ fields }) => {
        const copyText = copyRows(fields);
        const { copySha256, ...content } = expectedDigest(copyText);
        expect(digestRows(copyText)).toEqual({ ...content, copySha256 });
        expect(contentDigest(copyText)).toEqual(content);
      }),
      { numRuns: 1000 },
    );
  });

  test('is the sum of the rows, in whatever order and cut', () => {
    const rows = ['1\ta\n', '2\tb\n', '\n', '2\tb\n'];
    const whole = digestRows(Buffer.from(rows.join('')));
    const parts = rows.toReversed().map((row) => digestRows(Buffer.from(row)).digest);
    expect(addDigests(...parts)).toBe(whole.digest);
  });

  test('of text without a last newline is refused', () => {
    expect(() => digestRows(Buffer.from('1\n2'))).toThrow(expect.objectContaining({ code: 'E_ENCODE' }));
  });
});

describe('rows and their offsets', () => {
  test('are those between newlines', () => {
    expect([...splitRows(Buffer.from('ab\n\nc\n'))]).toEqual([0, 3, 4, 6]);
    expect([...splitRows(Buffer.from(''))]).toEqual([0]);
    expect(() => splitRows(Buffer.from('ab\nc'))).toThrow(expect.objectContaining({ code: 'E_ENCODE' }));
  });
});
