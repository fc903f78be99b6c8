import type { Entries } from '../format/entries.ts';
import type { ChunkLookup } from '../format/chunk-lookup.ts';
import { fitInMemory, mostToMerge } from '../chunk/most-in-memory.ts';
import type { RangeEntry } from '../format/manifest.ts';
import { sameKey } from '../ranges/cut.ts';
import {
  compareFingerprints,
  decideFromRows,
  freshRows,
  type Decision,
  type DecisionContext,
} from '../ranges/decide.ts';
import type { RangeScan, ScanBounds } from '../ranges/fingerprints.ts';
import type { Bounds } from '../ranges/range-source.ts';
import { RecentRows } from './list-recent.ts';
import type { OpenTable } from './open-table.ts';
import { PlanStepsBuilder, type PlanSteps } from './plan-steps.ts';
import type { ChangedStep, PatchStep, TablePlan } from './table-plan.ts';

export interface PlanInput extends OpenTable {
  readonly snapshotXmin: string;
  /** Ranges that are in the store already, sorted and disjoint, each as of its own snapshot. */
  readonly known: Entries<RangeEntry>;
  readonly chunks: ChunkLookup;
  /** Whether the xids recorded for a known range mean something: the same heaps, in the same history. */
  readonly isCurrent: (known: RangeEntry) => boolean;
  readonly chunkSize: number;
  readonly chunkBytes: number;
  readonly rowBytes: number;
  /** Whether the rows are certain to be those of the known ranges, all of which are as of one snapshot. */
  readonly isIdle?: boolean;
  /** Told as soon as it is certain that something is to be shipped. */
  readonly onWork?: () => void;
}

interface Slot extends ScanBounds {
  readonly known: RangeEntry | null;
  /** Of the known range among all; -1 without one. */
  readonly position: number;
}

/** So many ranges are planned together: of those before them, only what is to be done is left (law 9). */
const slotsAtOnce = 20_000;

/** Plans a table: finds the ranges of new rows, scans the fingerprints of many at once, and decides range by range. */
export async function planTable(input: PlanInput): Promise<TablePlan> {
  if (input.isIdle) return keepAll(input);
  const steps = new PlanStepsBuilder(input.known);
  const recent = new RecentRows();
  let [rows, position] = [0, 0];
  const noteStep = ({ lo, hi }: Bounds, scan: RangeScan): void => {
    recent.add({ lo, hi }, scan.recent, position);
    rows += scan.rows;
    position += 1;
  };
  for await (const slots of inBatches(layOutSlots(input), slotsAtOnce)) {
    const scans = await input.strategy.scan(slots, input.chunkSize);
    const scanned = slots.map((slot, index) => ({ slot, scan: scans[index] ?? emptyScan }));
    const decisions = await decide(input, scanned);
    if (scanned.some(({ scan }, index) => scan.rows > 0 && decisions[index]?.kind !== 'reuse'))
      input.onWork?.();
    for (const [index, { slot, scan }] of scanned.entries()) {
      const decision = decisions[index];
      if (!decision || scan.rows === 0) continue;
      if (decision.kind === 'reuse') {
        steps.addReused(slot.position, scan, decision.reason);
        noteStep(slot, scan);
        continue;
      }
      for (const step of await makeSteps(input, slot, scan, decision)) {
        steps.addChanged({ ...step, position });
        noteStep(step, step.scan);
      }
    }
  }
  return planOf(input, steps.finish(await recent.list(input.strategy, input.snapshotXmin)), rows);
}

/** Without a look at the table. No xid is at or above the snapshot's xmin, so that no row is recent. */
function keepAll(input: PlanInput): TablePlan {
  const steps = new PlanStepsBuilder(input.known);
  let [rows, position] = [0, 0];
  for (const range of input.known) {
    steps.addReused(position, { ...range, changed: 0, recent: 0 }, 'no transaction since the last run');
    rows += range.rows;
    position += 1;
  }
  return planOf(input, steps.finish(new Map()), rows);
}

function planOf(input: PlanInput, steps: PlanSteps, rows: number): TablePlan {
  const { definition, readable, strategy, rangeKind, rangeReason, filenodes } = input;
  const { typeForms, structure, progressStructure, chunks, chunkSize, rowBytes } = input;
  const kind = { rangeKind, rangeReason, filenodes, typeForms };
  const table = { definition, readable, strategy, ...kind, structure, progressStructure };
  return { ...table, chunks, steps, rows, chunkSize, rowBytes };
}

async function* inBatches<T>(items: AsyncIterable<T>, size: number): AsyncGenerator<T[]> {
  let batch: T[] = [];
  for await (const item of items) {
    batch.push(item);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

const emptyScan: RangeScan = { rows: 0, keyDigest: '', versionDigest: '', changed: 0, recent: 0 };

/** Known ranges, and the rows between and beyond them cut into new ones, in key order. */
async function* layOutSlots({
  known,
  strategy,
  rangeKind,
  chunkSize,
  onWork,
}: PlanInput): AsyncGenerator<Slot> {
  const cut = async function* (gap: Bounds): AsyncGenerator<Slot> {
    let rest: Bounds | undefined = gap;
    while (rest) {
      const cuts: Bounds[] = await strategy.cut(rest, chunkSize, undefined, slotsAtOnce);
      // Blocks may hold no rows.
      if (rangeKind === 'key' && cuts.length > 0) onWork?.();
      for (const bounds of cuts) yield { ...bounds, asOf: null, known: null, position: -1 };
      rest = cuts.length < slotsAtOnce ? undefined : { lo: cuts.at(-1)?.hi ?? null, hi: gap.hi };
    }
  };
  let lo: Bounds['lo'] = null;
  let position = 0;
  for (const range of known) {
    const isAdjacent = position === 0 ? range.lo === null : sameKey(lo, range.lo);
    if (!isAdjacent) yield* cut({ lo, hi: range.lo });
    yield { lo: range.lo, hi: range.hi, asOf: range.asOf, known: range, position };
    lo = range.hi;
    if (lo === null) return;
    position += 1;
  }
  yield* cut({ lo, hi: null });
}

interface Scanned {
  readonly slot: Slot;
  readonly scan: RangeScan;
}

type SlotDecision = Decision & { readonly fresh?: PatchStep['fresh'] };
type ChangeDecision = Exclude<SlotDecision, { readonly kind: 'reuse' }>;

async function decide(input: PlanInput, scanned: readonly Scanned[]): Promise<SlotDecision[]> {
  const decisions: SlotDecision[] = [];
  const toList: { index: number; known: RangeEntry; scan: RangeScan }[] = [];
  for (const [index, { slot, scan }] of scanned.entries()) {
    if (!slot.known) decisions[index] = { kind: 'base', reason: 'new rows' };
    else {
      const decision = compareFingerprints(slot.known, scan, contextOf(input, slot.known));
      if (decision.kind === 'list') toList.push({ index, known: slot.known, scan });
      else decisions[index] = decision;
    }
  }
  const lists = await input.strategy.listChanged(toList.map(({ known }) => known));
  for (const [position, { index, known, scan }] of toList.entries()) {
    const fresh = freshRows(lists[position] ?? [], known.recent ?? []);
    decisions[index] = { ...decideFromRows(known, scan, fresh, contextOf(input, known)), fresh };
  }
  return decisions;
}

function contextOf(input: PlanInput, known: RangeEntry): DecisionContext {
  const numbers = [known.base, ...known.patches.map(({ chunk }) => chunk)];
  const chunks = numbers.map((number) => input.chunks.get(number)).filter((chunk) => chunk !== undefined);
  return {
    rangeKind: input.rangeKind,
    mergeable: fitInMemory(chunks, mostToMerge(input.chunkBytes)),
    sameHistory: input.isCurrent(known),
    baseRows: input.chunks.get(known.base)?.rows ?? 0,
    patchedRows: known.patches.reduce((sum, patch) => sum + patch.rows, 0),
    chunkSize: input.chunkSize,
  };
}

async function makeSteps(
  input: PlanInput,
  slot: Slot,
  scan: RangeScan,
  decision: ChangeDecision,
): Promise<ChangedStep[]> {
  const { known, lo, hi } = slot;
  const place = { position: -1, knownPosition: slot.position };
  const facts = { ...place, lo, hi, reason: decision.reason, scan, recent: [] };
  if (decision.kind === 'patch' && known) {
    return [{ ...facts, kind: 'patch', change: decision.change, known, fresh: decision.fresh ?? [] }];
  }
  if (scan.rows <= 2 * input.chunkSize) return [{ ...facts, kind: 'base', replaces: known }];
  const parts = await input.strategy.cut({ lo, hi }, input.chunkSize, scan.rows);
  const bounds = parts.map((part) => ({ ...part, asOf: null }));
  const scans = await input.strategy.scan(bounds, input.chunkSize);
  const steps = parts.map((part, index) => ({
    ...place,
    ...part,
    kind: 'base' as const,
    reason: decision.reason,
    scan: scans[index] ?? emptyScan,
    recent: [],
    replaces: known,
  }));
  // Blocks may hold dead rows only.
  return steps.filter((step) => step.scan.rows > 0);
}
