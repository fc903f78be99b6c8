import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  addDigests,
  formatDigest,
  parseDigest,
  subtractDigests,
  sumDigests,
} from '../../src/format/digest.ts';

const sum = fc.bigInt({ min: -(2n ** 80n), max: 2n ** 80n });

test('a digest is 16 hex digits of a sum modulo 2^64, whatever its size and sign', () => {
  fc.assert(
    fc.property(sum, (value) => {
      expect(formatDigest(value)).toMatch(/^[0-9a-f]{16}$/);
      expect(parseDigest(formatDigest(value))).toBe(BigInt.asUintN(64, value));
    }),
  );
});

test('digests add up in any order and grouping, and subtraction undoes it', () => {
  fc.assert(
    fc.property(fc.array(sum), fc.array(sum), (left, right) => {
      const [a, b] = [left.map(formatDigest), right.map(formatDigest)];
      const all = formatDigest([...left, ...right].reduce((total, value) => total + value, 0n));
      expect(addDigests(...b, ...a)).toBe(all);
      expect(addDigests(addDigests(...a), addDigests(...b))).toBe(all);
      expect(subtractDigests(all, sumDigests(b))).toBe(sumDigests(a));
    }),
  );
});

test('as many digests are summed up as a large table has ranges', () => {
  const digests = Array.from({ length: 500_000 }, () => 'ffffffffffffffff');
  expect(sumDigests(digests)).toBe(formatDigest(-500_000n));
});
