import { expect, test } from 'vitest';
import { groupNeighbours } from '../../src/backup/group-steps.ts';
import { PlanStepsBuilder } from '../../src/backup/plan-steps.ts';
import type { BaseStep } from '../../src/backup/range-steps.ts';
import { BlockFile } from '../../src/core/block-file.ts';
import { keepEntries } from '../../src/format/manifest-text.ts';
import { simulatedManifest } from '../support/simulated-manifest.ts';

const builder = keepEntries(() => new BlockFile()).ranges();
for (const { ranges } of simulatedManifest(1).tables) for (const range of ranges) builder.add(range);
const known = builder.finish();

function base(lo: number | null, hi: number, isKnown = false): BaseStep {
  const scan = { rows: 10, keyDigest: '', versionDigest: '', changed: 0, recent: 0 };
  const bounds = { lo: lo === null ? null : [String(lo)], hi: [String(hi)] };
  const place = {
    position: hi,
    knownPosition: isKnown ? 0 : -1,
    replaces: isKnown ? (known.at(0) ?? null) : null,
  };
  return { kind: 'base', ...bounds, reason: 'new rows', scan, recent: [], ...place };
}

function groupsOf(steps: readonly BaseStep[], options: { rowBytes?: number; kind?: 'key' | 'block' } = {}) {
  const planned = new PlanStepsBuilder(known);
  for (const step of steps) planned.addChanged(step);
  const { rowBytes = 100, kind = 'key' } = options;
  const plan = { rangeKind: kind, rowBytes, steps: planned.finish(new Map()) };
  const groups = [...groupNeighbours(plan, { chunkBytes: 8192 }, 2)];
  return groups.map((group) => group.map(({ hi }) => Number(hi?.[0])));
}

const row = (count: number) => Array.from({ length: count }, (_, index) => base(index || null, index + 1));

test('new ranges that follow one another are read together, up to the bytes of a chunk', () => {
  expect(groupsOf(row(6))).toEqual([
    [1, 2, 3],
    [4, 5, 6],
  ]);
  expect(groupsOf(row(20)).map(({ length }) => length)).toEqual([8, 8, 4]);
  expect(groupsOf(row(6), { rowBytes: 500 }).map(({ length }) => length)).toEqual([1, 1, 1, 1, 1, 1]);
});

test('there stays work for all that read at once', () => {
  expect(groupsOf(row(3))).toEqual([[1], [2], [3]]);
});

test('a range alone stays alone: behind a gap, in the place of a known one, or of blocks', () => {
  expect(groupsOf([base(null, 1), base(1, 2), base(7, 8), base(8, 9)])).toEqual([
    [1, 2],
    [8, 9],
  ]);
  const steps = [base(null, 1), base(1, 2, true), base(2, 3), base(3, 4)];
  expect(groupsOf(steps)).toEqual([[1], [2], [3, 4]]);
  expect(groupsOf(row(6), { kind: 'block' })).toHaveLength(6);
});
