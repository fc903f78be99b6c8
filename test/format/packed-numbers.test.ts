import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ChunkFigures } from '../../src/format/chunk-figures.ts';
import { PackedNumbers } from '../../src/format/packed-numbers.ts';

/** Pages whose numbers differ by little or by much. */
const spread = fc.constantFrom(0, 3, 300, 100_000, 2 ** 33, Number.MAX_SAFE_INTEGER);
const page = fc
  .tuple(spread, fc.integer({ min: 0, max: 1100 }), fc.nat(1000))
  .chain(([most, length, base]) =>
    fc
      .array(fc.integer({ min: -Math.min(most, 5), max: most }), { minLength: length, maxLength: length })
      .map((numbers) => numbers.map((number) => Math.min(number + base, Number.MAX_SAFE_INTEGER))),
  );
const pages = fc.array(page, { maxLength: 4 }).map((all) => all.flat());

function packed(numbers: readonly number[]): PackedNumbers {
  const list = new PackedNumbers();
  for (const number of numbers) list.add(number);
  return list;
}

test('numbers come back as an array gives them, and it is told whether they ascend', () => {
  fc.assert(
    fc.property(pages, (numbers) => {
      const list = packed(numbers);
      expect(list.length).toBe(numbers.length);
      expect(Array.from(numbers, (_, index) => list.at(index))).toEqual(numbers);
      expect([list.at(-1), list.at(numbers.length), list.at(numbers.length + 5000)]).toEqual([NaN, NaN, NaN]);
      expect(list.isAscending).toBe(
        numbers.every((number, index) => index === 0 || number > (numbers[index - 1] ?? 0)),
      );
    }),
    { numRuns: 60 },
  );
});

test('ascending ones are found where they stand, and no others, in any order', () => {
  fc.assert(
    fc.property(pages, fc.array(fc.nat()), (some, places) => {
      const numbers = [...new Set(some)].sort((a, b) => a - b);
      const list = packed(numbers);
      const known = new Set(numbers);
      for (const place of places.map((one) => one % (numbers.length + 1))) {
        const number = numbers[place] ?? 0.5;
        expect(list.find(number)).toBe(place < numbers.length ? place : -1);
        expect(list.find(numbers[place + 1] ?? -7)).toBe(place + 1 < numbers.length ? place + 1 : -1);
        if (!known.has(number + 1)) expect(list.find(number + 1)).toBe(-1);
      }
    }),
    { numRuns: 60 },
  );
});

describe('figures of chunks', () => {
  const figures = fc.record({
    number: fc.oneof(fc.nat(3000), fc.maxSafeNat()),
    kind: fc.constantFrom('base' as const, 'patch' as const),
    rows: fc.oneof(fc.integer({ min: 1, max: 20_000 }), fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER })),
  });

  test('are those that a Map has, in whatever order they come', () => {
    const order = fc.constantFrom(1, 0, -1);
    fc.assert(
      fc.property(fc.array(figures, { maxLength: 2500, size: 'max' }), order, (some, direction) => {
        const model = new Map(some.map((chunk) => [chunk.number, chunk]));
        const all = [...model.values()].sort((a, b) => direction * (a.number - b.number));
        const found = new ChunkFigures();
        for (const { number, kind, rows } of all) found.add(number, kind, rows);
        expect(found.sort()).toBe(false);
        for (let number = -1; number < 3002; number++) {
          const { kind, rows } = model.get(number) ?? {};
          expect(found.rowsOf(number, 'base')).toBe(kind === 'base' ? rows : undefined);
          expect(found.rowsOf(number, 'patch')).toBe(kind === 'patch' ? rows : undefined);
        }
      }),
      { numRuns: 15 },
    );
  });

  test('of one chunk twice are noticed, next to one another or not', () => {
    for (const numbers of [
      [5, 5],
      [5, 6, 5],
      [7, 6, 5, 6],
    ]) {
      const found = new ChunkFigures();
      for (const number of numbers) found.add(number, 'base', 1);
      expect(found.sort()).toBe(true);
    }
  });
});
