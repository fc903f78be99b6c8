import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ProcessorGauge, processorTimes } from '../../../src/backup/workers/processor-gauge.ts';

/** Shares after each of so many seconds of two processors, of which that part was idle, and this part the program's. */
function sharesFor(idleParts: readonly number[], ownPart = 0): number[] {
  let [idle, all, own] = [50, 100, 10];
  const gauge = new ProcessorGauge({ idle, all, own });
  return idleParts.map((part) => {
    all += 2000;
    idle += part * 2000;
    own += ownPart * 2000;
    return gauge.decide({ idle, all, own });
  });
}

test('where processors are idle it has all of its rate soon', () => {
  expect(sharesFor([0.6, 0.6, 0.5, 0.4])).toEqual([1 / 4, 1 / 2, 1, 1]);
});

test('where they are busy it stays at the least, and comes down to it', () => {
  expect(sharesFor([0, 0.01, 0.04])).toEqual([1 / 8, 1 / 8, 1 / 8]);
  expect(sharesFor([0.6, 0.6, 0.4, 0, 0, 0, 0])).toEqual([1 / 4, 1 / 2, 1, 1 / 2, 1 / 4, 1 / 8, 1 / 8]);
});

test('a run that takes all of them itself is not held back, one beside others is', () => {
  expect(sharesFor([0.6, 0.5, 0.4, 0, 0], 0.3)).toEqual([1 / 4, 1 / 2, 1, 1, 1]);
  expect(sharesFor([0.6, 0.5, 0.4, 0, 0], 0.1)).toEqual([1 / 4, 1 / 2, 1, 1 / 2, 1 / 4]);
});

test('where few are idle it stays as it is', () => {
  expect(sharesFor([0.6, 0.1, 0.1])).toEqual([1 / 4, 1 / 4, 1 / 4]);
});

test('whatever the processors do, it has between an eighth and all', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true })), (parts) => {
      for (const share of sharesFor(parts)) {
        expect(share).toBeGreaterThanOrEqual(1 / 8);
        expect(share).toBeLessThanOrEqual(1);
      }
    }),
  );
});

test('a clock that stands still decides nothing', () => {
  const now = processorTimes();
  expect(now.all).toBeGreaterThan(now.idle);
  const gauge = new ProcessorGauge(now);
  expect(gauge.decide(now)).toBe(1 / 8);
});
