import fc from 'fast-check';
import { expect, test } from 'vitest';
import { gapsBetween, sameKey } from '../../src/ranges/cut.ts';
import { widenXid } from '../../src/ranges/range-source.ts';
import type { Bounds } from '../../src/ranges/range-source.ts';

const all = Array.from({ length: 40 }, (_, point) => point);
const isIn = ({ lo, hi }: Bounds, point: number) =>
  (lo === null || point > Number(lo[0])) && (hi === null || point <= Number(hi[0]));

/** Disjoint ranges in order, with or without room between them, open at the ends or not. */
const ranges = fc
  .record({
    cuts: fc.uniqueArray(fc.integer({ min: 0, max: 39 }), { maxLength: 12 }),
    kept: fc.array(fc.boolean(), { minLength: 13, maxLength: 13 }),
  })
  .map(({ cuts, kept }) => {
    const ends = [null, ...cuts.sort((a, b) => a - b).map((cut) => [String(cut)]), null];
    return ends
      .slice(1)
      .map((hi, index): Bounds => ({ lo: ends[index] ?? null, hi }))
      .filter((_, index) => kept[index]);
  });

test('ranges and the gaps between them hold every key exactly once (law 1)', () => {
  fc.assert(
    fc.property(ranges, (known) => {
      const gaps = gapsBetween(known);
      for (const point of all) {
        expect([...known, ...gaps].filter((bounds) => isIn(bounds, point))).toHaveLength(1);
      }
      expect(gaps.length).toBeLessThanOrEqual(known.length + 1);
      for (const { lo, hi } of gaps) expect(lo !== null && sameKey(lo, hi)).toBe(false);
    }),
  );
});

test('no ranges leave one gap, one open range leaves none', () => {
  expect(gapsBetween([])).toEqual([{ lo: null, hi: null }]);
  expect(gapsBetween([{ lo: null, hi: null }])).toEqual([]);
});

test('keys are the same part by part', () => {
  expect(sameKey(['1', '2'], ['1', '2'])).toBe(true);
  for (const other of [['1'], ['1', '3'], ['1', '2', ''], null])
    expect(sameKey(['1', '2'], other)).toBe(false);
  expect(sameKey(null, null)).toBe(true);
});

test('a widened xid has the low 32 bits of its xid, and is the nearest such to the one it is held against', () => {
  const wide = fc.bigInt({ min: 0n, max: 2n ** 63n });
  fc.assert(
    fc.property(wide, wide, (xid, near) => {
      const widened = widenXid(xid, near);
      expect(BigInt.asUintN(32, widened)).toBe(BigInt.asUintN(32, xid));
      expect(widened >= 0n).toBe(true);
      const distance = widened > near ? widened - near : near - widened;
      const isFirstEpoch = widened < 2n ** 32n;
      expect(distance <= 2n ** 31n || isFirstEpoch).toBe(true);
    }),
  );
});

test('an xid within 2^31 of the one it is held against is widened to itself', () => {
  const near = fc.bigInt({ min: 2n ** 31n, max: 2n ** 62n });
  const distance = fc.bigInt({ min: -(2n ** 31n) + 1n, max: 2n ** 31n - 1n });
  fc.assert(
    fc.property(near, distance, (xmax, by) => {
      expect(widenXid(xmax + by, xmax)).toBe(xmax + by);
    }),
  );
});
