import fc from 'fast-check';
import { expect, test } from 'vitest';
import { rowEnds } from '../../src/chunk/row-ends.ts';

test('finds where so many rows end, as far as they are there', () => {
  const text = Buffer.from('a\nbb\n\nccc\n');
  expect(rowEnds(text, [1, 1, 1, 1])).toEqual([2, 5, 6, 10]);
  expect(rowEnds(text, [3, 1, 1])).toEqual([6, 10]);
  expect(rowEnds(text, [2, 3])).toEqual([5]);
  expect(rowEnds(text, [5])).toEqual([]);
  expect(rowEnds(Buffer.alloc(0), [1])).toEqual([]);
  expect(rowEnds(text, [])).toEqual([]);
});

test('agrees with splitting the text, whatever the lengths of rows', () => {
  const rows = fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 60 });
  const counts = fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 8 });
  fc.assert(
    fc.property(rows, counts, (lengths, wanted) => {
      const text = lengths.map((length) => `${'x'.repeat(length)}\n`);
      const ends: number[] = [];
      for (let taken = 0, next = 0; next < wanted.length; next++) {
        taken += wanted[next] ?? 0;
        if (taken > text.length) break;
        ends.push(text.slice(0, taken).join('').length);
      }
      // What lies in memory behind the text is no part of it.
      rowEnds(Buffer.from('\n'.repeat(4000)), [1]);
      expect(rowEnds(Buffer.from(text.join('')), wanted)).toEqual(ends);
    }),
  );
});
