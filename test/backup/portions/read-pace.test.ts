import { expect, test } from 'vitest';
import { ReadPace } from '../../../src/backup/portions/read-pace.ts';
import { changeRate, shareRate } from '../../../src/core/rate-limit.ts';

const usual = 128 * 1024;

test('a portion is small, unless the server is so far away that its answers would take most of the time', () => {
  const rate = shareRate(50_000_000);
  const pace = new ReadPace(rate);
  expect(pace.portionBytes).toBe(usual);
  pace.answeredAfter(80);
  expect(pace.portionBytes).toBeCloseTo(16_000_000);
  pace.answeredAfter(20);
  expect(pace.portionBytes).toBeCloseTo(4_000_000);
  // Something held it up: it is no farther away.
  pace.answeredAfter(500);
  expect(pace.portionBytes).toBeCloseTo(4_000_000);
  changeRate(rate, 5_000_000);
  expect(pace.portionBytes).toBeCloseTo(400_000);
  pace.answeredAfter(0.3);
  expect(pace.portionBytes).toBe(usual);
});
