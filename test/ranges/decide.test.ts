import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RangeEntry, RecentRow } from '../../src/format/manifest.ts';
import {
  compareFingerprints,
  decideFromRows,
  freshRows,
  type Decision,
  type DecisionContext,
} from '../../src/ranges/decide.ts';
import type { RangeScan } from '../../src/ranges/fingerprints.ts';
import { ModelDatabase, type ModelSnapshot, type Version } from './model-database.ts';

/** What a run does at a snapshot, so that a test can break one rule of it. */
interface Rules {
  /** The bound at and above which a later run takes a row for changed. */
  readonly bound: (snapshot: ModelSnapshot) => number;
  /** Whether a later run takes a row for changed. */
  readonly isChanged: (row: Version, known: Known) => boolean;
  readonly fresh: typeof freshRows;
  readonly compare: typeof compareFingerprints;
  readonly decide: typeof decideFromRows;
}

const rules: Rules = {
  bound: ({ xmin }) => xmin,
  isChanged: (row, { entry }) => row.xid >= Number(entry.asOf),
  fresh: freshRows,
  compare: compareFingerprints,
  decide: decideFromRows,
};

interface Known {
  readonly entry: RangeEntry;
  /** What the chunks give when they are put together. */
  readonly stored: ReadonlyMap<number, Version>;
  readonly context: Pick<DecisionContext, 'baseRows' | 'patchedRows'>;
  readonly snapshot: ModelSnapshot;
}

const mostRecent = 4;
const chunkSize = 12;
/** The range holds the keys below this one; rows come into it and leave it. */
const rangeEnd = 16;

function scanOf(rows: readonly Version[]): Pick<RangeScan, 'rows' | 'keyDigest' | 'versionDigest'> {
  const keyDigest = rows.map(({ key }) => key).join();
  return { rows: rows.length, keyDigest, versionDigest: rows.map(({ key, xid }) => `${key}:${xid}`).join() };
}

function toRecent({ key, xid }: Version): RecentRow {
  return { key: [String(key)], xmin: String(xid) };
}

/** One run: what becomes of the range, and the decision that led there. */
function run(
  snapshot: ModelSnapshot,
  known: Known | undefined,
  own: Rules,
): { known: Known; decision: Decision } {
  const rows = snapshot.rows.filter(({ key }) => key < rangeEnd);
  const recentRows = rows.filter(({ xid }) => xid >= own.bound(snapshot));
  const recent = recentRows.length > mostRecent ? null : recentRows.map(toRecent);
  const asOf = String(own.bound(snapshot));
  const finish = (
    decision: Decision,
    stored: Known['stored'],
    previous: Known | undefined,
    added: number,
  ) => {
    const patches = previous ? [...previous.entry.patches, ...patchOf(added)] : [];
    const entry = { ...scanOf(rows), lo: null, hi: null, asOf, digest: '', base: 1, patches, recent };
    const context = previous
      ? { ...previous.context, patchedRows: previous.context.patchedRows + added }
      : { baseRows: rows.length, patchedRows: 0 };
    return { known: { entry, stored, context, snapshot }, decision };
  };
  const byKey = new Map(rows.map((row) => [row.key, row]));
  if (!known) return finish({ kind: 'base', reason: 'new' }, byKey, undefined, 0);
  const changed = rows.filter((row) => own.isChanged(row, known));
  const scan: RangeScan = { ...scanOf(rows), changed: changed.length, recent: recentRows.length };
  const context = {
    ...known.context,
    rangeKind: 'key',
    sameHistory: true,
    mergeable: true,
    chunkSize,
  } as const;
  const first = own.compare(known.entry, scan, context);
  const fresh = own.fresh(changed.map(toRecent), known.entry.recent ?? []);
  const decision = first.kind === 'list' ? own.decide(known.entry, scan, fresh, context) : first;
  if (decision.kind === 'base') return finish(decision, byKey, undefined, 0);
  const shipped = fresh.map(({ key }) => Number(key[0]));
  const patch = decision.kind === 'patch' ? shipped.map((key) => [key, byKey.get(key)] as const) : [];
  const stored = new Map(known.stored);
  for (const [key, row] of patch) if (row) stored.set(key, row);
  return finish(decision, stored, known, patch.length);
}

function patchOf(rows: number): RangeEntry['patches'] {
  return rows > 0 ? [{ chunk: 2, first: 0, rows }] : [];
}

type Step =
  | { readonly kind: 'run' | 'begin' }
  | { readonly kind: 'write' | 'delete'; readonly pick: number; readonly key: number }
  | { readonly kind: 'savepoint' | 'release' | 'undo' | 'commit' | 'abort'; readonly pick: number };

const pick = fc.nat({ max: 3 });
const key = fc.nat({ max: 18 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: fc.constant<Step>({ kind: 'run' }) },
  { weight: 4, arbitrary: fc.constant<Step>({ kind: 'begin' }) },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('write' as const), pick, key }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('delete' as const), pick, key }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        'savepoint' as const,
        'release' as const,
        'undo' as const,
        'commit' as const,
        'commit' as const,
        'abort' as const,
      ),
      pick,
    }),
  },
);
const history = fc.array(step, { minLength: 10, maxLength: 60, size: 'max' });

function take(database: ModelDatabase, one: Step): void {
  switch (one.kind) {
    case 'run':
      return undefined;
    case 'begin':
      return database.begin();
    case 'write':
      return database.write(one.pick, one.key);
    case 'delete':
      return database.delete(one.pick, one.key);
    case 'savepoint':
      return database.savepoint(one.pick);
    case 'release':
    case 'undo':
      return database.release(one.pick, one.kind === 'release');
    case 'commit':
    case 'abort':
      return database.end(one.pick, one.kind === 'commit');
  }
}

/** Plays a history; says at the first run whose chunks are not the rows of its snapshot. */
function play(steps: readonly Step[], own: Rules, note: (decision: Decision) => void = () => {}): boolean {
  const database = new ModelDatabase();
  database.begin();
  for (let key = 0; key < 18; key += 2) database.write(0, key);
  database.end(0, true);
  let known: Known | undefined;
  for (const one of [...steps, { kind: 'run' } as const]) {
    if (one.kind !== 'run') {
      take(database, one);
      continue;
    }
    const snapshot = database.snapshot();
    const result = run(snapshot, known, own);
    known = result.known;
    note(result.decision);
    const rows = snapshot.rows.filter((row) => row.key < rangeEnd);
    const stored = [...known.stored.values()].sort((a, b) => a.key - b.key);
    if (JSON.stringify(stored) !== JSON.stringify(rows)) return false;
  }
  return true;
}

test('whatever the history, what is decided gives exactly the rows of the snapshot (law 1)', () => {
  const kinds = new Map<string, number>();
  const note = (decision: Decision) => {
    const name = decision.kind === 'patch' ? decision.change : decision.kind;
    kinds.set(name, (kinds.get(name) ?? 0) + 1);
  };
  fc.assert(
    fc.property(history, (steps) => play(steps, rules, note)),
    { numRuns: 20_000 },
  );
  // Not by always reading again.
  for (const name of ['reuse', 'inserts', 'updates', 'base']) expect(kinds.get(name)).toBeGreaterThan(500);
});

describe('a rule that is not sound loses rows in this model (law 1)', () => {
  const isVisible = ({ xid }: Version, { xmax, xip }: ModelSnapshot) => xid < xmax && !xip.includes(xid);
  const mutants: Record<string, Partial<Rules>> = {
    'the bound is xmax': { bound: ({ xmax }) => xmax },
    'pg_visible_in_snapshot, which knows no subtransactions': {
      isChanged: (row, { snapshot }) => !isVisible(row, snapshot),
    },
    'a recent row is known by its key alone': {
      fresh: (listed, recent) => listed.filter((row) => !recent.some((old) => old.key[0] === row.key[0])),
    },
    'recent rows are all taken for known': {
      fresh: (listed, recent) => listed.slice(recent.length),
    },
    'too many recent rows are taken for none': {
      compare: (known, scan, context) =>
        compareFingerprints({ ...known, recent: known.recent ?? [] }, scan, context),
      isChanged: (row, { entry, snapshot }) => row.xid >= (entry.recent ? snapshot.xmin : snapshot.xmax),
    },
    'the row count alone tells what is unchanged': {
      compare: (known, scan, context) =>
        scan.rows === known.rows
          ? { kind: 'reuse', reason: 'count' }
          : compareFingerprints(known, scan, context),
    },
    'updates without the same keys': {
      decide: (known, scan, fresh, context) =>
        decideFromRows({ ...known, keyDigest: scan.keyDigest }, scan, fresh, context),
    },
    'inserts without a count': {
      decide: (known, scan, fresh, context) =>
        decideFromRows({ ...known, rows: scan.rows - fresh.length }, scan, fresh, context),
    },
  };
  test.each(Object.entries(mutants))('%s', (_, mutant) => {
    const property = fc.property(history, (steps) => play(steps, { ...rules, ...mutant }));
    expect(fc.check(property, { numRuns: 50_000, seed: 20_250_527, endOnFailure: true }).failed).toBe(true);
  });
});

describe('a decision carries its reason', () => {
  const known: RangeEntry = {
    lo: null,
    hi: null,
    rows: 100,
    keyDigest: 'k',
    versionDigest: 'v',
    asOf: '500',
    digest: '',
    base: 1,
    patches: [],
    recent: [],
  };
  const scan: RangeScan = { rows: 100, keyDigest: 'k', versionDigest: 'w', changed: 3, recent: 0 };
  const context: DecisionContext = {
    rangeKind: 'key',
    sameHistory: true,
    mergeable: true,
    baseRows: 100,
    patchedRows: 0,
    chunkSize: 100,
  };
  const patches = (count: number) => Array.from({ length: count }, () => ({ chunk: 2, first: 0, rows: 1 }));
  const list = (count: number) =>
    Array.from({ length: count }, (_, n) => ({ key: [String(n)], xmin: '501' }));

  test.each<[string, Partial<RangeEntry>, Partial<RangeScan>, Partial<DecisionContext>]>([
    ['the table or its history is another one', {}, { versionDigest: 'v' }, { sameHistory: false }],
    ['same row count and version digest', {}, { versionDigest: 'v' }, {}],
    ['too many rows were recent at the last run', { recent: null }, {}, {}],
    ['the range has outgrown the chunk size', {}, { rows: 201 }, {}],
    ['it has 8 patches already', { patches: patches(8) }, {}, {}],
    ['patches would hold more than a quarter of its rows', {}, { changed: 26 }, {}],
    ['it has 64 patches already', { patches: patches(64) }, { rows: 101 }, {}],
  ])('%s', (reason, ownKnown, ownScan, ownContext) => {
    const decision = compareFingerprints(
      { ...known, ...ownKnown },
      { ...scan, ...ownScan },
      { ...context, ...ownContext },
    );
    expect(decision).toMatchObject({ reason });
  });

  test('a range that only ever grew bears more patches, of any size', () => {
    const grown = { ...known, patches: patches(63) };
    expect(compareFingerprints(grown, { ...scan, rows: 180, changed: 80 }, context)).toEqual({
      kind: 'list',
    });
    expect(decideFromRows(grown, { ...scan, rows: 180, keyDigest: 'x' }, list(80), context)).toEqual({
      kind: 'patch',
      change: 'inserts',
      reason: '80 rows were inserted',
    });
    // Not inserts alone after all: then the ordinary limits hold.
    expect(decideFromRows(grown, { ...scan, rows: 180 }, list(81), context)).toMatchObject({ kind: 'base' });
  });

  test.each<[string, Partial<RangeScan>, number, string]>([
    ['updates', {}, 3, '3 rows were updated'],
    ['inserts', { rows: 103, keyDigest: 'x' }, 3, '3 rows were inserted'],
  ])('%s', (change, ownScan, fresh, reason) => {
    expect(decideFromRows(known, { ...scan, ...ownScan }, list(fresh), context)).toEqual({
      kind: 'patch',
      change,
      reason,
    });
  });

  test.each<[string, Partial<RangeScan>, number]>([
    ['rows were deleted', { rows: 99 }, 0],
    ['the counts do not prove inserts or updates alone', { rows: 101 }, 2],
    ['the counts do not prove inserts or updates alone', { keyDigest: 'x' }, 1],
    ['patches would hold more than a quarter of its rows', {}, 26],
  ])('%s', (reason, ownScan, fresh) => {
    expect(decideFromRows(known, { ...scan, ...ownScan }, list(fresh), context)).toEqual({
      kind: 'base',
      reason,
    });
  });

  test('rows of block ranges are never overridden: others took their places', () => {
    const decision = decideFromRows(known, scan, list(3), { ...context, rangeKind: 'block' });
    expect(decision).toEqual({ kind: 'base', reason: 'rows took the places of others' });
  });
});
