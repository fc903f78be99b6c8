import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NumberSet } from '../../src/core/number-set.ts';

/** Near one another or far apart, at the ends of pages and at the end of all numbers. */
const place = fc.constantFrom(0, 65_536, 3 * 65_536, 10 ** 9, Number.MAX_SAFE_INTEGER - 70_000);
const number = fc
  .tuple(place, fc.oneof(fc.nat(20), fc.integer({ min: 65_500, max: 65_600 }), fc.nat(70_000)))
  .map(([base, offset]) => Math.min(base + offset, Number.MAX_SAFE_INTEGER));
/** Every so many, so that a page fills up. */
const row = fc
  .tuple(place, fc.integer({ min: 1, max: 3 }), fc.integer({ min: 4090, max: 4100 }), fc.boolean())
  .map(([base, step, count, isReversed]) => {
    const numbers = Array.from({ length: count }, (_, index) => base + index * step);
    return isReversed ? numbers.reverse() : numbers;
  });
const numbers = fc
  .array(fc.oneof({ weight: 5, arbitrary: number.map((one) => [one]) }, row))
  .map((all) => all.flat());

test('it holds what a Set holds, and gives it in ascending order', () => {
  fc.assert(
    fc.property(numbers, numbers, (added, others) => {
      const [set, model] = [new NumberSet(), new Set<number>()];
      for (const one of added) {
        set.add(one);
        model.add(one);
      }
      const inOrder = [...model].sort((a, b) => a - b);
      expect([...set]).toEqual(inOrder);
      expect(set.size).toBe(model.size);
      for (const one of [...added, ...others]) {
        for (const near of [one - 1, one, one + 1])
          if (set.has(near) !== model.has(near)) expect(near).toBe(one);
      }
      const more = new NumberSet();
      for (const one of others) more.add(one);
      set.addAll(more);
      expect(set.size).toBe(new Set([...added, ...others]).size);
    }),
    { numRuns: 60 },
  );
});
