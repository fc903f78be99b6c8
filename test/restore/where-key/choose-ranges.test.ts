import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { RangeEntry } from '../../../src/format/manifest.ts';
import { chooseRanges, intervalsOf } from '../../../src/restore/where-key/choose-ranges.ts';
import type { KeyCondition } from '../../../src/restore/where-key/parse-condition.ts';
import { openSession } from '../../postgres/sessions.ts';

const digest = '0'.repeat(16);

function range(lo: readonly string[] | null, hi: readonly string[] | null): RangeEntry {
  return {
    lo,
    hi,
    rows: 1,
    keyDigest: digest,
    versionDigest: digest,
    asOf: '3',
    digest,
    base: 1,
    patches: [],
    recent: [],
  };
}

/** All keys of the test: pairs of 0 to 9, in order. */
const keys = Array.from({ length: 100 }, (_, n) => [String(Math.floor(n / 10)), String(n % 10)] as const);

function fulfils([a, b]: readonly [string, string], condition: KeyCondition): boolean {
  return condition.every((one) => {
    const part = Number(one.column === 'a' ? a : b);
    if (one.operator === 'in') return one.values.some((value) => Number(value) === part);
    const value = Number(one.value);
    if (one.operator === '<') return part < value;
    if (one.operator === '<=') return part <= value;
    return one.operator === '>' ? part > value : part >= value;
  });
}

const digit = fc.integer({ min: 0, max: 9 }).map(String);
const column = fc.constantFrom('a', 'b');
const condition = fc.array(
  fc.oneof(
    fc.record({ column, operator: fc.constantFrom('<', '<=', '>', '>=' as const), value: digit }),
    fc.record({
      column,
      operator: fc.constant('in' as const),
      values: fc.array(digit, { minLength: 1, maxLength: 3 }),
    }),
  ),
  { minLength: 1, maxLength: 4 },
) as fc.Arbitrary<KeyCondition>;

test('no range that holds such a key is left out, and none is taken for a whole key that it does not hold', async () => {
  const session = await openSession();
  const key = ['a', 'b'].map((name) => ({ column: name, type: 'integer', collation: null, hash: null }));
  const cuts = fc.uniqueArray(fc.integer({ min: 0, max: 99 }), { minLength: 1, maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(condition, cuts, fc.boolean(), async (tests, at, isOpen) => {
      const ends = at.toSorted((left, right) => left - right);
      const bounds = [null, ...ends.map((end) => keys[end] ?? null), ...(isOpen ? [null] : [])];
      const ranges = bounds.slice(1).map((hi, index) => range(bounds[index] ?? null, hi));
      const chosen = await chooseRanges(session, key, ranges, intervalsOf(tests, ['a', 'b']));
      const heldBy = (index: number) =>
        keys.filter((_, n) => n > (ends[index - 1] ?? -1) && n <= (ends[index] ?? 99));
      for (const [index, one] of ranges.entries()) {
        const found = heldBy(index).filter((pair) => fulfils(pair, tests));
        if (found.length > 0) expect(chosen).toContain(one);
      }
      const single: KeyCondition = [
        { column: 'b', operator: 'in', values: ['5'] },
        { column: 'a', operator: 'in', values: ['5'] },
      ];
      const only = await chooseRanges(session, key, ranges, intervalsOf(single, ['a', 'b']));
      expect(only).toEqual(
        ranges.filter((_, index) => heldBy(index).some(([a, b]) => a === '5' && b === '5')),
      );
    }),
    { numRuns: 60 },
  );
});
