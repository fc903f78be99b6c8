import { expect, test } from 'vitest';
import { groupNeighbours, groupPatches } from '../../src/backup/group-steps.ts';
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

/** Rows of the chunks that patches of so many rows each go into. */
function patchGroupsOf(fresh: readonly number[], rowBytes: number, chunkBytes = 8 * 1024 * 1024) {
  const planned = new PlanStepsBuilder(known);
  const range = known.at(0) ?? expect.fail('nothing is known');
  for (const [index, rows] of fresh.entries()) {
    const { replaces: _, ...facts } = base(index || null, index + 1, true);
    const keys = Array.from({ length: rows }, (_row, row) => ({ key: [String(row)], xmin: '1' }));
    planned.addChanged({ ...facts, kind: 'patch', change: 'updates', known: range, fresh: keys });
  }
  const plan = { rowBytes, chunkSize: 1000, steps: planned.finish(new Map()) };
  const groups = [...groupPatches(plan, { chunkBytes })];
  return groups.map((group) => group.reduce((sum, step) => sum + step.fresh.length, 0));
}

test('patches share a chunk up to its rows, or to a megabyte of them: memory holds it until all are proved (law 9)', () => {
  const many = Array.from({ length: 250 }, () => 10);
  expect(patchGroupsOf(many, 50)).toEqual([1000, 1000, 500]);
  expect(patchGroupsOf(many, 3000)).toEqual([340, 340, 340, 340, 340, 340, 340, 120]);
  expect(patchGroupsOf(many, 3000, 600_000)).toHaveLength(13);
  expect(patchGroupsOf([900, 10], 3000)).toEqual([900, 10]);
});
