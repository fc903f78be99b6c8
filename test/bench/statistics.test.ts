import { expect, test } from 'vitest';
import { fitLine, median, pairedRatio, quantile } from '../../bench/statistics.ts';

test('the median is the middle value, or the mean of the two in the middle', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 3])).toBe(2.5);
  expect(median([])).toBeNaN();
});

test('a quantile lies between its neighbours', () => {
  const hundred = Array.from({ length: 101 }, (_, index) => 100 - index);
  expect(quantile(hundred, 0.99)).toBe(99);
  expect(quantile([0, 10], 0.25)).toBe(2.5);
});

test('ratios are taken pair by pair', () => {
  expect(pairedRatio([2, 60, 4], [1, 20, 2])).toBe(2);
});

test('a line through points of a line is that line, however far they are apart', () => {
  const { start, slope } = fitLine([10, 1000, 1e6].map((x) => [x, 0.5 + x * 2e-6] as const));
  expect(start).toBeCloseTo(0.5, 9);
  expect(slope * 1e6).toBeCloseTo(2, 6);
});
