import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { alignRanges, withoutEqual, type AlignedRange } from '../../src/diff/align-ranges.ts';

/** Ranges of the integers: from bound to bound, some of them left out where there are no rows. */
function ranges(bounds: readonly number[], content: (lo: number, hi: number) => string): AlignedRange[] {
  const sorted = [...new Set(bounds)].sort((a, b) => a - b);
  return sorted.flatMap((hi, index) => {
    const lo = sorted[index - 1];
    const digest = content(lo ?? -1, hi);
    if (digest === '') return [];
    return [{ lo: lo === undefined ? null : [String(lo)], hi: [String(hi)], rows: 1, digest }];
  });
}

const digest = (number: number) => number.toString(16).padStart(16, '0');

describe('segments', () => {
  test('hold every range once, in order, and both sides of a segment lie between the same bounds', () => {
    const bounds = fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 12 });
    const holes = fc.func(fc.boolean());
    fc.assert(
      fc.property(bounds, bounds, holes, holes, (first, second, isHole, isOther) => {
        const before = ranges(first, (lo, hi) => (isHole(lo, hi) ? '' : digest(hi)));
        const after = ranges(second, (lo, hi) => (isOther(lo, hi) ? '' : digest(hi)));
        const segments = alignRanges(before, after);
        expect(segments.flatMap((segment) => segment.before)).toEqual(before);
        expect(segments.flatMap((segment) => segment.after)).toEqual(after);
        const ends = segments.map((segment) =>
          [...segment.before, ...segment.after].map(({ lo, hi }) => [Number(lo?.[0] ?? -1), Number(hi?.[0])]),
        );
        for (const [index, own] of ends.entries()) {
          const most = Math.max(...own.map(([, hi = 0]) => hi));
          for (const later of ends.slice(index + 1).flat()) expect(later[0]).toBeGreaterThanOrEqual(most);
        }
      }),
    );
  });

  test('equal cuts give one segment a range; a range that is missing on one side stands alone', () => {
    const all = ranges([10, 20, 30, 40], (_, hi) => digest(hi));
    const some = all.filter(({ hi }) => hi?.[0] !== '20');
    expect(alignRanges(all, all).map(({ before, after }) => [before.length, after.length])).toEqual([
      [1, 1],
      [1, 1],
      [1, 1],
      [1, 1],
    ]);
    expect(alignRanges(all, some).map(({ before, after }) => [before.length, after.length])).toEqual([
      [1, 1],
      [1, 0],
      [1, 1],
      [1, 1],
    ]);
  });
});

describe('equal content', () => {
  const range = (lo: number, content: number, rows = 1): AlignedRange => ({
    lo: [String(lo)],
    hi: [String(lo + 1)],
    rows,
    digest: digest(content),
  });

  test('is taken away wherever it lies, as often as both sides have it', () => {
    const left = withoutEqual({
      before: [range(1, 7), range(2, 7), range(3, 8), range(4, 9)],
      after: [range(11, 9), range(12, 7), range(13, 5)],
    });
    expect(left.before).toEqual([range(2, 7), range(3, 8)]);
    expect(left.after).toEqual([range(13, 5)]);
  });

  test('in another cut is equal as a whole: counts and digests add up', () => {
    const left = withoutEqual({ before: [range(1, 3, 2), range(2, 4, 3)], after: [range(1, 7, 5)] });
    expect(left).toEqual({ before: [], after: [] });
    // The same digest of other counts is none of it.
    expect(withoutEqual({ before: [range(1, 3, 2)], after: [range(1, 3, 3)] }).after).toHaveLength(1);
  });
});
