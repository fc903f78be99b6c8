import { TightHeap } from '../core/small-heap.ts';
import type { Entries } from '../format/entries.ts';
import type { ChunkLookup } from '../format/chunk-lookup.ts';
import { fitInMemory, mostToMerge } from '../chunk/most-in-memory.ts';
import type { RangeEntry } from '../format/manifest.ts';
import {
  compareFingerprints,
  decideFromRows,
  freshRows,
  type Decision,
  type DecisionContext,
} from '../ranges/decide.ts';
import type { RangeScan } from '../ranges/fingerprints.ts';
import type { Bounds } from '../ranges/range-source.ts';
import { RecentRows } from './list-recent.ts';
import type { OpenTable } from './open-table.ts';
import { PlanStepsBuilder, type PlanSteps } from './plan-steps.ts';
import { layOutSlots, type Slot, type Slots } from './slots.ts';
import type { ChangedStep, PatchStep } from './range-steps.ts';
import type { TablePlan } from './table-plan.ts';

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
  /** Rows that one statement may scan at present, about; no limit when absent. */
  readonly rowsAtOnce?: () => number | undefined;
  /** Told of rows of which nothing is known as they are found: about how many. */
  readonly onNewRows?: (rows: number) => void;
  /** Told how many further rows were scanned. */
  readonly onScanned?: (rows: number) => void;
}

/** So many ranges are planned together: of those before them, only what is to be done is left (law 9). */
const slotsAtOnce = 8000;
/** Rows whose place is found in the index while one is scanned, about. */
const cutsInScan = 10;
/** The changed rows of ranges that have so many are listed together, and packed before the next ones are listed (law 9). */
const rowsToListAtOnce = 16_000;

/**
 * Plans a table: finds the ranges of new rows, scans the fingerprints of many at once, and decides range by range.
 *
 * @throws SnapshotGivenUp where the strategy does
 */
export async function planTable(input: PlanInput): Promise<TablePlan> {
  if (input.isIdle) return keepAll(input);
  const heap = new TightHeap();
  try {
    return await planRanges(input, () => heap.tighten());
  } finally {
    heap.release();
  }
}

/** @param onMany told when there are many ranges */
async function planRanges(input: PlanInput, onMany: () => void): Promise<TablePlan> {
  const steps = new PlanStepsBuilder(input.known);
  const recent = new RecentRows();
  let [rows, position] = [0, 0];
  const noteStep = ({ lo, hi }: Bounds, scan: RangeScan): void => {
    recent.add({ lo, hi }, scan.recent, position);
    rows += scan.rows;
    position += 1;
  };
  const mostAtOnce = (): number => {
    const rows = input.rowsAtOnce?.() ?? Infinity;
    return Math.min(slotsAtOnce, Math.ceil((cutsInScan * rows) / input.chunkSize));
  };
  for await (const slots of layOutSlots(input, mostAtOnce)) {
    if (slots.length === slotsAtOnce) onMany();
    const scans = await input.strategy.scan(slots, input.chunkSize);
    input.onScanned?.(scans.reduce((sum, scan) => sum + scan.rows, 0));
    for await (const { slot, scan, decision } of decideAll(input, slots, scans)) {
      if (scan.rows === 0) continue;
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

const emptyScan: RangeScan = { rows: 0, keyDigest: '', versionDigest: '', changed: 0, recent: 0 };

type SlotDecision = Decision & { readonly fresh?: PatchStep['fresh'] };
type ChangeDecision = Exclude<SlotDecision, { readonly kind: 'reuse' }>;

interface Decided {
  readonly slot: Slot;
  readonly scan: RangeScan;
  readonly decision: SlotDecision;
}

/** Each slot in its order, with its scan and what is decided for it. */
async function* decideAll(
  input: PlanInput,
  slots: Slots,
  scans: readonly RangeScan[],
): AsyncGenerator<Decided> {
  for (let from = 0; from < slots.length;) {
    const decisions = await decideSome(input, slots, scans, from);
    for (const [offset, decision] of decisions.entries()) {
      const [slot, scan] = [slots.at(from + offset), scans[from + offset]];
      if (slot && scan) yield { slot, scan, decision };
    }
    from += decisions.length;
  }
}

/** Of the slots from `from` on: one at least, and as many as have few enough rows to be listed. */
async function decideSome(
  input: PlanInput,
  slots: Slots,
  scans: readonly RangeScan[],
  from: number,
): Promise<SlotDecision[]> {
  const decisions: SlotDecision[] = [];
  const toList: { offset: number; known: RangeEntry; scan: RangeScan }[] = [];
  let rowsToList = 0;
  for (let index = from; index < slots.length && rowsToList < rowsToListAtOnce; index++) {
    const [known, scan] = [slots.at(index)?.known, scans[index] ?? emptyScan];
    const offset = index - from;
    const decision = known ? compareFingerprints(known, scan, new KnownContext(input, known)) : newRows;
    if (decision.kind !== 'list') decisions[offset] = decision;
    else if (known) {
      toList.push({ offset, known, scan });
      rowsToList += scan.changed;
    }
  }
  const lists = await input.strategy.listChanged(toList.map(({ known }) => known));
  for (const [position, { offset, known, scan }] of toList.entries()) {
    const fresh = freshRows(lists[position] ?? [], known.recent ?? []);
    decisions[offset] = { ...decideFromRows(known, scan, fresh, new KnownContext(input, known)), fresh };
  }
  return decisions;
}

const newRows: SlotDecision = { kind: 'base', reason: 'new rows' };

/** Chunks are looked up only where something hangs on them: nothing does where a range stays as it is. */
class KnownContext implements DecisionContext {
  readonly #input: PlanInput;
  readonly #known: RangeEntry;

  constructor(input: PlanInput, known: RangeEntry) {
    this.#input = input;
    this.#known = known;
  }

  get rangeKind() {
    return this.#input.rangeKind;
  }

  get chunkSize() {
    return this.#input.chunkSize;
  }

  get sameHistory() {
    return this.#input.isCurrent(this.#known);
  }

  get mergeable() {
    const numbers = [this.#known.base, ...this.#known.patches.map(({ chunk }) => chunk)];
    const chunks = numbers.map((number) => this.#input.chunks.get(number));
    return fitInMemory(
      chunks.filter((chunk) => chunk !== undefined),
      mostToMerge(this.#input.chunkBytes),
    );
  }

  get baseRows() {
    return this.#input.chunks.get(this.#known.base)?.rows ?? 0;
  }

  get patchedRows() {
    return this.#known.patches.reduce((sum, patch) => sum + patch.rows, 0);
  }
}

async function makeSteps(
  input: PlanInput,
  slot: Slot,
  scan: RangeScan,
  decision: ChangeDecision,
): Promise<ChangedStep[]> {
  const { lo, hi, known = null } = slot;
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
