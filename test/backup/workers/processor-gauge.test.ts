import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ProcessorGauge, processorTimes } from '../../../src/backup/workers/processor-gauge.ts';

interface Others {
  /** The part of all processors that is the program's. */
  readonly own?: number;
  readonly processors?: number;
}

/** Shares after each of so many seconds, of which that part of all processors was idle. */
function sharesFor(
  idleParts: readonly number[],
  { own: ownPart = 0, processors = 2 }: Others = {},
): number[] {
  let [idle, all, own] = [50, 100, 10];
  const gauge = new ProcessorGauge({ processors, idle, all, own });
  return idleParts.map((part) => {
    const ms = processors * 1000;
    all += ms;
    idle += part * ms;
    own += ownPart * ms;
    return gauge.decide({ processors, idle, all, own });
  });
}

test('where processors are idle it has all of its rate soon', () => {
  expect(sharesFor([0.6, 0.6, 0.5, 0.4, 0.3])).toEqual([1 / 8, 1 / 4, 1 / 2, 1, 1]);
});

test('where they are busy it stays at the least, and comes down to it', () => {
  expect(sharesFor([0, 0.01, 0.04])).toEqual([1 / 16, 1 / 16, 1 / 16]);
  const down = [1 / 2, 1 / 4, 1 / 8, 1 / 16, 1 / 16];
  expect(sharesFor([0.6, 0.6, 0.6, 0.4, 0, 0, 0, 0, 0])).toEqual([1 / 8, 1 / 4, 1 / 2, 1, ...down]);
});

test('a tenth that stays idle beside transactions that wait for each other is not free', () => {
  const ticks = [0.1, 0.12, 0.2, 0.08, 0.14, 0.22, 0.1];
  expect(sharesFor(ticks)).toEqual(ticks.map(() => 1 / 16));
  expect(sharesFor([0.6, 0.6, 0.14, 0.14])).toEqual([1 / 8, 1 / 4, 1 / 8, 1 / 16]);
});

test('of many processors one or two that are idle are enough', () => {
  expect(sharesFor([0.04, 0.04, 0.02, 0.01], { processors: 64 })).toEqual([1 / 8, 1 / 4, 1 / 4, 1 / 8]);
});

test('a run that takes all of them itself is not held back, one beside others is', () => {
  const ticks = [0.6, 0.6, 0.5, 0.4, 0, 0];
  const up = [1 / 8, 1 / 4, 1 / 2, 1];
  expect(sharesFor(ticks, { own: 0.3 })).toEqual([...up, 1, 1]);
  expect(sharesFor(ticks, { own: 0.1 })).toEqual([...up, 1 / 2, 1 / 4]);
});

test('where few are idle it stays as it is', () => {
  expect(sharesFor([0.6, 0.2, 0.2])).toEqual([1 / 8, 1 / 8, 1 / 8]);
});

test('whatever the processors do, it has between a sixteenth and all', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true })), (parts) => {
      for (const share of sharesFor(parts)) {
        expect(share).toBeGreaterThanOrEqual(1 / 16);
        expect(share).toBeLessThanOrEqual(1);
      }
    }),
  );
});

test('a clock that stands still decides nothing', () => {
  const now = processorTimes();
  expect(now.all).toBeGreaterThan(now.idle);
  const gauge = new ProcessorGauge(now);
  expect(gauge.decide(now)).toBe(1 / 16);
});
