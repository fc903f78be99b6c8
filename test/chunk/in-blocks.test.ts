import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeRows, decodedDifference } from '../../src/chunk/decode-rows.ts';
import { encodeRows } from '../../src/chunk/encode-rows.ts';
import { Gathered, cutLines, cutRows } from '../../src/chunk/in-blocks.ts';
import type { ColumnFormat } from '../../src/format/columns.ts';
import { anyRows, copyRows } from './support.ts';

const columns: ColumnFormat[] = [{ name: 'id', encoding: 'integer' }];
const anyMost = fc.integer({ min: 1, max: 120 });

describe('blocks of any size', () => {
  test('give the same JSON and the same COPY text as the whole', () => {
    fc.assert(
      fc.property(anyRows, anyMost, ({ columns: own, fields }, most) => {
        const copyText = copyRows(fields);
        const json = encodeRows(copyText, own);
        expect(encodeRows(copyText, own, most).equals(json)).toBe(true);
        expect(decodeRows(json, own, most).equals(copyText)).toBe(true);
        expect(decodedDifference(json, own, copyText, most)).toBe(-1);
      }),
    );
  });

  test('are cut between rows, and miss none', () => {
    fc.assert(
      fc.property(anyRows, anyMost, ({ columns: own, fields }, most) => {
        const copyText = copyRows(fields);
        const blocks = [...cutRows(copyText, most)];
        expect(Buffer.concat(blocks).equals(copyText)).toBe(true);
        const files = [...cutLines(encodeRows(copyText, own), most)].length;
        expect(files).toBeLessThanOrEqual(Math.max(1, fields.length));
        for (const block of blocks) expect(block.length === 0 || block.at(-1) === 0x0a).toBe(true);
      }),
    );
  });

  test('tell where the rows differ, wherever that is', () => {
    fc.assert(
      fc.property(anyRows, anyMost, fc.nat(), ({ columns: own, fields }, most, place) => {
        const copyText = copyRows(fields);
        const json = encodeRows(copyText, own);
        fc.pre(copyText.length > 0);
        const at = place % copyText.length;
        const other = Buffer.from(copyText);
        other[at] = (other[at] ?? 0) ^ 1;
        expect(decodedDifference(json, own, other, most)).toBe(at);
        expect(decodedDifference(json, own, copyText.subarray(0, at), most)).toBe(at);
        expect(decodedDifference(json, own, Buffer.concat([copyText, copyText]), most)).toBe(copyText.length);
      }),
    );
  });
});

describe('a failure in a later block names its row', () => {
  test.each([1, 2, 5, 1000])('in blocks of %i bytes', (most) => {
    const cut = Buffer.from('1\n2\n3\n4');
    expect(() => encodeRows(cut, columns, most)).toThrow('the last row is cut short');
    const surplus = Buffer.from('1\n2\n3\t4\n5\n');
    expect(() => encodeRows(surplus, columns, most)).toThrow(/^row 3/);
    const json = Buffer.from('[\n{"id":1},\n{"id":2},\n{"id":true},\n{"id":4}\n]\n');
    expect(() => decodeRows(json, columns, most)).toThrow(/^row 3/);
  });
});

test('bytes that turn out more than expected are all there, in memory of their own size', () => {
  const gathered = new Gathered();
  gathered.add(Buffer.from('ab'), 0.9);
  gathered.add(Buffer.from('cdefghij'), 0.95);
  gathered.add(Buffer.from('k'), 1);
  expect(gathered.length).toBe(11);
  expect(String(gathered.end())).toBe('abcdefghijk');
  expect(gathered.end().buffer.byteLength).toBe(11);
});

test('chunks of nearly the same size take memory of the very same size', () => {
  const memoryFor = (bytes: number) => {
    const gathered = new Gathered();
    for (let done = 1; done <= 10; done++) gathered.add(Buffer.alloc(bytes / 10), done / 10);
    const all = gathered.endWithRoom();
    expect(all.length).toBe(bytes);
    return all.buffer.byteLength;
  };
  expect(memoryFor(3_300_000)).toBe(memoryFor(3_330_000));
});
