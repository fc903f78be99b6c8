import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ChunkEntry, ManifestTable, RangeEntry } from '../../src/format/manifest.ts';
import { planCompaction } from '../../src/retention/plan-compaction.ts';
import { exampleManifest } from '../format/example-manifest.ts';

interface Sketch {
  readonly rows: number;
  /** Rows of each patch. */
  readonly patches?: readonly number[];
  /** Recent rows; null: not listed. */
  readonly recent?: number | null;
  /** Bytes of `COPY` text of a row. */
  readonly rowBytes?: number;
  readonly asOf?: string;
}

/** A table with such ranges, each with chunks of its own. */
function tableOf(sketches: readonly Sketch[]): ManifestTable {
  const [table] = exampleManifest().tables;
  const [chunk] = table?.chunks ?? [];
  const [range] = table?.ranges ?? [];
  if (!table || !chunk || !range) throw new Error('the example has no table');
  const chunks: ChunkEntry[] = [];
  const write = (rows: number, rowBytes: number) => {
    const number = chunks.length + 1;
    chunks.push({ ...chunk, number, rows, copyBytes: rows * rowBytes });
    return number;
  };
  const ranges = sketches.map(({ rows, patches = [], recent = 0, rowBytes = 10, asOf = '7' }, index) => ({
    ...range,
    lo: index === 0 ? null : [String(index)],
    hi: [String(index + 1)],
    rows,
    asOf,
    base: write(rows, rowBytes),
    patches: patches.map((count) => ({ chunk: write(count, rowBytes), first: 0, rows: count })),
    recent: recent === null ? null : Array.from({ length: recent }, () => ({ key: ['1'], xmin: '9' })),
  }));
  return { ...table, chunks, ranges };
}

const limits = { chunkSize: 100, chunkBytes: 2000 };

/** Which ranges are taken together: their positions. */
function groupsOf(...sketches: readonly Sketch[]): number[][] {
  const table = tableOf(sketches);
  const positions = new Map<RangeEntry, number>(table.ranges.map((range, index) => [range, index]));
  return planCompaction(table, limits).map(({ ranges }) => ranges.map((range) => positions.get(range) ?? -1));
}

describe('small neighbours are taken together', () => {
  test.each([
    ['as many as a chunk may have rows', [{ rows: 40 }, { rows: 60 }, { rows: 1 }], [[0, 1]]],
    ['but not a full one', [{ rows: 100 }, { rows: 1 }, { rows: 2 }], [[1, 2]]],
    [
      'nor more than a chunk may have bytes',
      [
        { rows: 5, rowBytes: 300 },
        { rows: 2, rowBytes: 300 },
      ],
      [],
    ],
    ['with their patches', [{ rows: 20, patches: [3] }, { rows: 20 }], [[0, 1]]],
    [
      'of which the bytes count',
      [
        { rows: 6, rowBytes: 300, patches: [1] },
        { rows: 1, rowBytes: 100 },
      ],
      [],
    ],
    [
      'unless the recent rows of one are not listed',
      [{ rows: 1 }, { rows: 1, recent: null }, { rows: 1 }],
      [],
    ],
    [
      'and their recent rows',
      [
        { rows: 60, recent: 60 },
        { rows: 40, recent: 40 },
      ],
      [[0, 1]],
    ],
    [
      'unless they are as of other snapshots',
      [
        { rows: 1, asOf: '7' },
        { rows: 1, asOf: '8' },
      ],
      [],
    ],
    ['but not wide chunks', [{ rows: 1, rowBytes: 4001 }, { rows: 1 }, { rows: 1, rowBytes: 2001 }], []],
  ])('%s', (_, sketches, expected) => {
    expect(groupsOf(...sketches)).toEqual(expected);
  });

  test('what was compacted once is left alone the next time', () => {
    const sketch = fc.record({
      rows: fc.integer({ min: 1, max: 130 }),
      rowBytes: fc.integer({ min: 1, max: 60 }),
    });
    fc.assert(
      fc.property(fc.array(sketch, { maxLength: 40 }), (sketches) => {
        const table = tableOf(sketches);
        const groups = planCompaction(table, limits);
        for (const group of groups) {
          expect(group.rows).toBeLessThanOrEqual(limits.chunkSize);
          expect(group.copyBytes).toBeLessThanOrEqual(limits.chunkBytes);
          const end = group.first + group.ranges.length;
          expect(table.ranges.slice(group.first, end)).toEqual(group.ranges);
        }
        const merged = new Map(groups.map((group) => [group.ranges[0], group]));
        const gone = new Set(groups.flatMap(({ ranges }) => ranges.slice(1)));
        const after = table.ranges
          .filter((range) => !gone.has(range))
          .map((range) => {
            const { rows, copyBytes } = merged.get(range) ?? {
              rows: range.rows,
              copyBytes: table.chunks.filter(({ number }) => number === range.base)[0]?.copyBytes ?? 0,
            };
            return { rows, rowBytes: copyBytes / rows };
          });
        expect(planCompaction(tableOf(after), limits)).toEqual([]);
      }),
    );
  });
});

describe('patches beyond what a range bears are folded into its base', () => {
  const ones = (count: number) => Array.from({ length: count }, () => 1);
  test.each([
    ['8 patches are borne', { rows: 90, patches: ones(8) }, []],
    ['9 are not', { rows: 90, patches: ones(9) }, ['more than 8 patches']],
    ['a quarter is borne', { rows: 80, patches: [20] }, []],
    ['more is not', { rows: 80, patches: [21] }, ['patches hold more than a quarter of its rows']],
    ['inserts make no exception', { rows: 150, patches: ones(64) }, ['more than 8 patches']],
    [
      'nor do recent rows that are not listed',
      { rows: 90, recent: null, patches: ones(9) },
      ['more than 8 patches'],
    ],
    ['a range with more than twice the rows is left to be cut', { rows: 201, patches: ones(9) }, []],
    ['and one with more than twice the bytes', { rows: 90, rowBytes: 42, patches: ones(9) }, []],
  ])('%s', (_, sketch, reasons) => {
    const groups = planCompaction(tableOf([{ rows: 99 }, sketch]), limits);
    expect(groups.map(({ reason }) => reason)).toEqual(reasons);
  });
});
