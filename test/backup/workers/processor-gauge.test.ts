import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ProcessorGauge, processorTimes } from '../../../src/backup/workers/processor-gauge.ts';

interface Others {
  /** The part of all processors that is the program's. */
  readonly own?: number;
  readonly processors?: number;
}

/** Shares after each look at so many tenths of a second, of which that part of all processors was idle. */
function sharesAtLooks(
  idleParts: readonly number[],
  { own: ownPart = 0, processors = 2 }: Others = {},
): number[] {
  let [idle, all, own] = [50, 100, 10];
  const gauge = new ProcessorGauge({ processors, idle, all, own });
  return idleParts.map((part) => {
    const ms = processors * 100;
    all += ms;
    idle += part * ms;
    own += ownPart * ms;
    return gauge.look({ processors, idle, all, own });
  });
}

/** Five looks at each part. */
function sharesFor(idleParts: readonly number[], others?: Others): number[] {
  const looks = idleParts.flatMap((part) => Array.from({ length: 5 }, () => part));
  return sharesAtLooks(looks, others).filter((_, look) => look % 5 === 4);
}

test('where processors are idle it has all of its rate soon', () => {
  expect(sharesFor([0.6, 0.6, 0.5, 0.4, 0.3])).toEqual([1 / 8, 1 / 4, 1 / 2, 1, 1]);
});

test('where they are busy it stays at the least, and comes down to it', () => {
  expect(sharesFor([0, 0.01, 0.04])).toEqual([1 / 16, 1 / 16, 1 / 16]);
  expect(sharesFor([0.6, 0.6, 0.6, 0.4, 0, 0])).toEqual([1 / 8, 1 / 4, 1 / 2, 1, 1 / 16, 1 / 16]);
});

const free = (looks: number): number[] => Array.from({ length: looks }, () => 0.6);

test('it gives back at the first look, and takes more only when five in a row found processors idle', () => {
  const all = sharesAtLooks([...free(20), 0.1, ...free(5), 0.1, 0.05, ...free(4), 0.1]).slice(19);
  const [half, quarter, eighth] = [1 / 2, 1 / 4, 1 / 8];
  expect(all).toEqual([
    1,
    half,
    half,
    half,
    half,
    half,
    1,
    half,
    quarter,
    quarter,
    quarter,
    quarter,
    quarter,
    eighth,
  ]);
});

test('what was idle counts as a whole: one look at few idle processors is no reason to wait for another five', () => {
  expect(sharesAtLooks([0.6, 0.2, 0.2, 0.2, 0.2]).at(-1)).toBe(1 / 8);
  expect(sharesAtLooks([0.5, 0.17, 0.17, 0.17, 0.17]).at(-1)).toBe(1 / 16);
});

test('a tenth that stays idle beside transactions that wait for each other is not free', () => {
  const ticks = [0.1, 0.12, 0.2, 0.08, 0.14, 0.22, 0.1];
  expect(sharesFor(ticks)).toEqual(ticks.map(() => 1 / 16));
  expect(sharesFor([0.6, 0.6, 0.14, 0.14])).toEqual([1 / 8, 1 / 4, 1 / 16, 1 / 16]);
});

test('of many processors one or two that are idle are enough', () => {
  const few = [...Array.from({ length: 10 }, () => 0.04), 0.02, 0.01];
  expect(sharesAtLooks(few, { processors: 64 }).slice(9)).toEqual([1 / 4, 1 / 4, 1 / 8]);
});

test('a run that takes all of them itself is not held back, one beside others is', () => {
  const ticks = [0.6, 0.6, 0.5, 0.4, 0, 0];
  const up = [1 / 8, 1 / 4, 1 / 2, 1];
  expect(sharesFor(ticks, { own: 0.3 })).toEqual([...up, 1, 1]);
  expect(sharesFor(ticks, { own: 0.1 })).toEqual([...up, 1 / 16, 1 / 16]);
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
  expect(gauge.look(now)).toBe(1 / 16);
});
