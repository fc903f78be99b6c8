import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RangesByStep } from '../../src/backup/ranges-by-step.ts';
import type { RangeEntry } from '../../src/format/manifest.ts';

const steps = 300;

const range = (base: number): RangeEntry => ({
  lo: null,
  hi: null,
  rows: 1,
  keyDigest: '0123456789abcdef',
  versionDigest: '0123456789abcdef',
  asOf: '700',
  digest: '0123456789abcdef',
  base,
  patches: [],
  recent: [],
});

test('each step has the ranges that it ended in, in their order, however the steps take turns', () => {
  const step = fc.integer({ min: 0, max: steps - 1 });
  const turns = fc.array(fc.oneof(step, fc.constantFrom(7, 8)), { size: 'max', maxLength: 6000 });
  fc.assert(
    fc.property(turns, (turns) => {
      const ranges = new RangesByStep(steps);
      const model = new Map<number, RangeEntry[]>();
      for (const [base, step] of turns.entries()) {
        ranges.add(step, range(base));
        model.set(step, [...(model.get(step) ?? []), range(base)]);
      }
      for (let step = 0; step < steps; step++) expect([...ranges.of(step)]).toEqual(model.get(step) ?? []);
    }),
    { numRuns: 5 },
  );
});
