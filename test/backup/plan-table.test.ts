import { expect, test } from 'vitest';
import { planTable, type PlanInput } from '../../src/backup/plan-table.ts';
import { RangesByStep } from '../../src/backup/ranges-by-step.ts';
import type { RangeStep } from '../../src/backup/range-steps.ts';
import { TableShipment } from '../../src/backup/shipment.ts';
import { BlockFile } from '../../src/core/block-file.ts';
import { chunksByNumber } from '../../src/format/chunk-lookup.ts';
import type { RangeEntry } from '../../src/format/manifest.ts';
import { keepEntries } from '../../src/format/manifest-text.ts';
import type { RangeScan } from '../../src/ranges/fingerprints.ts';
import type { RangeStrategy } from '../../src/ranges/strategy.ts';
import { simulatedManifest } from '../support/simulated-manifest.ts';

const count = 45_000;
const [table = expect.fail('no table')] = simulatedManifest(count).tables;
const ranges = keepEntries(() => new BlockFile()).ranges();
/** Where a range is missing, so that there is a gap. */
const gone = new Set([0, 7, 20_000, 44_999]);
for (const [index, range] of [...table.ranges].entries()) if (!gone.has(index)) ranges.add(range);
const known = ranges.finish();
const byBound = new Map([...table.ranges].map((range, index) => [String(range.hi?.[0]), { range, index }]));

/** What the database has now: most ranges as they were, a few changed, emptied or with recent rows. */
function scanOf({ range, index }: { range: RangeEntry; index: number }): RangeScan {
  const { rows, keyDigest, versionDigest } = range;
  const scan = { rows, keyDigest, versionDigest, changed: 0, recent: index % 9000 === 5 ? 2 : 0 };
  if (index % 10_000 === 3) return { ...scan, rows: 0 };
  if (index % 10_000 === 4) return { ...scan, versionDigest: 'f'.repeat(16), changed: 1 };
  return scan;
}

const row = { key: ['5'], xmin: '701' };
const strategy: Pick<RangeStrategy, 'cut' | 'scan' | 'listChanged'> = {
  cut: async ({ lo, hi }) => [{ lo, hi: hi ?? [String(count * 1000)] }],
  scan: async (bounds) =>
    bounds.map(({ hi }) => scanOf(byBound.get(String(hi?.[0])) ?? expect.fail('an unknown range'))),
  listChanged: async (bounds) => bounds.map(() => [row]),
};

async function plan(change: Partial<PlanInput> = {}) {
  const input: Partial<PlanInput> = {
    definition: table,
    rangeKind: 'key',
    rangeReason: table.rangeReason,
    filenodes: [],
    typeForms: [],
    strategy: strategy as RangeStrategy,
    snapshotXmin: '4294970000',
    known,
    chunks: chunksByNumber(table.chunks),
    isCurrent: () => true,
    chunkSize: 1000,
    chunkBytes: 1 << 24,
    rowBytes: 3000,
    ...change,
  };
  return planTable(input as PlanInput);
}

test('a plan of many ranges says of each what a plan of that range alone would', async () => {
  const planned = await plan();
  const steps: RangeStep[] = [...planned.steps];
  const expected = [...table.ranges].map((range, index) => ({
    range,
    index,
    scan: scanOf({ range, index }),
  }));
  const present = expected.filter(({ scan }) => scan.rows > 0);
  expect(steps).toHaveLength(present.length);
  expect(planned.rows).toBe(present.length * 1000);
  for (const [position, { range, index, scan }] of present.entries()) {
    const step = steps[position] ?? expect.fail('a step is missing');
    const kind = gone.has(index) ? 'base' : index % 10_000 === 4 ? 'patch' : 'reuse';
    const found = [step.kind, step.lo, step.hi, step.scan, step.recent?.length];
    const wanted = [kind, range.lo, range.hi, scan, scan.recent > 0 ? 1 : 0];
    // One by one costs seconds by the matcher.
    if (JSON.stringify(found) !== JSON.stringify(wanted)) expect(found).toEqual(wanted);
    if (step.kind === 'reuse' && step.known.base !== range.base) expect(step.known).toEqual(range);
  }
  const kinds = ['reuse', 'patch', 'base'] as const;
  expect(kinds.map((kind) => planned.steps.count(kind))).toEqual(
    kinds.map((kind) => steps.filter((step) => step.kind === kind).length),
  );
  expect([...planned.steps.changed]).toEqual(steps.filter(({ kind }) => kind !== 'reuse'));
});

test('changed rows are listed some thousand at a time, and each range has its own', async () => {
  const isChanged = (index: number) => index % 20 === 1;
  const scan: RangeStrategy['scan'] = async (bounds) =>
    bounds.map(({ hi }) => {
      const { range, index } = byBound.get(String(hi?.[0])) ?? expect.fail('an unknown range');
      const { rows, keyDigest, versionDigest } = range;
      const same = { rows, keyDigest, versionDigest, changed: 0, recent: 0 };
      return isChanged(index) ? { ...same, versionDigest: 'f'.repeat(16), changed: 200 } : same;
    });
  const listed: number[] = [];
  const listChanged: RangeStrategy['listChanged'] = async (bounds) => {
    listed.push(bounds.length * 200);
    return bounds.map(({ hi }) => Array.from({ length: 200 }, () => ({ ...row, key: [String(hi?.[0])] })));
  };
  const planned = await plan({ strategy: { ...strategy, scan, listChanged } as RangeStrategy });
  const changed = [...byBound].filter(([, { index }]) => isChanged(index) && !gone.has(index));
  expect(listed.reduce((sum, rows) => sum + rows)).toBe(changed.length * 200);
  expect(Math.max(...listed)).toBe(16_000);
  const patches = [...planned.steps.changed].filter((step) => step.kind === 'patch');
  expect(patches.map(({ hi, fresh }) => [hi?.[0], fresh.length, fresh[0]?.key[0]])).toEqual(
    changed.map(([hi]) => [hi, 200, hi]),
  );
});

test('what nothing is known of is cut some ranges at a time, and each has its step', async () => {
  const asked: number[] = [];
  const all = Array.from({ length: count }, (_, index) => {
    const at = (end: number) => (end === 0 ? null : [String(end * 1000)]);
    return { lo: at(index), hi: at(index + 1) };
  });
  const cut: RangeStrategy['cut'] = async ({ lo }, _size, _rows, most = Infinity) => {
    const from = Number(lo?.[0] ?? 0) / 1000;
    const cuts = all.slice(from, from + most);
    asked.push(cuts.length);
    return cuts;
  };
  const scan: RangeStrategy['scan'] = async (bounds) =>
    bounds.map(() => ({ rows: 1000, keyDigest: 'a', versionDigest: 'b', changed: 0, recent: 0 }));
  const fresh = { ...strategy, cut, scan } as RangeStrategy;
  const planned = await plan({ strategy: fresh, known: [], chunks: new Map() });
  expect(asked).toEqual([8000, 8000, 8000, 8000, 8000, 5000]);
  expect([...planned.steps.changed].map(({ lo, hi }) => ({ lo, hi }))).toEqual(all);
});

test('what is made of it names the ranges that stay, those that were shipped, and just their chunks', async () => {
  const planned = await plan();
  const shipment = new TableShipment(planned, '4294970000');
  const asOf = '4294970000';
  // Steps may end in any order.
  for (const step of [...planned.steps.changed].reverse()) {
    const { range } = byBound.get(String(step.hi?.[0])) ?? expect.fail('an unknown range');
    shipment.finish(step, [{ ...range, asOf, recent: step.recent }]);
  }
  const made = shipment.toManifestTable();
  const names = [...made.ranges].map(({ base, asOf: xmin }) => `${base} ${xmin}`);
  const present = [...table.ranges].filter((range, index) => scanOf({ range, index }).rows > 0);
  expect(names).toEqual(present.map(({ base }) => `${base} ${asOf}`));
  expect([...made.chunks].map(({ number }) => number)).toEqual(present.map(({ base }) => base));
  expect(made.rows).toBe(present.length * 1000);
  expect(shipment.toResult(made)).toMatchObject({
    rangesReused: planned.steps.count('reuse'),
    chunksReused: present.length,
  });
});

test('a step may end in several ranges, one by one, while others end', () => {
  const [range = expect.fail('no range')] = table.ranges.slice(0, 1);
  const ranges = new RangesByStep(3);
  for (const [step, base] of [
    [2, 1],
    [0, 2],
    [2, 3],
    [2, 4],
    [0, 5],
  ] as const)
    ranges.add(step, { ...range, base });
  expect([0, 1, 2].map((step) => [...ranges.of(step)].map(({ base }) => base))).toEqual([
    [2, 5],
    [],
    [1, 3, 4],
  ]);
});
