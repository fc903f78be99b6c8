import type { ChunkLookup } from '../format/chunk-lookup.ts';
import type { RangeEntry, RecentRow } from '../format/manifest.ts';
import type { Bounds } from '../ranges/range-source.ts';
import type { OpenTable } from './open-table.ts';
import type { PlanSteps } from './plan-steps.ts';
import type { RangeScan } from '../ranges/fingerprints.ts';

/** What is to be done for one table, as data: `--dry-run` prints it, `ship` carries it out. */
export interface TablePlan extends OpenTable {
  /** Chunks that the last manifest or the checkpoint know, by number. */
  readonly chunks: ChunkLookup;
  /** In key order. */
  readonly steps: PlanSteps;
  readonly rows: number;
  /** Rows of a new range; a patch chunk has no more either. */
  readonly chunkSize: number;
  /** Average size of a row as `COPY` text, in bytes: an estimate. */
  readonly rowBytes: number;
}

export type RangeStep = ReuseStep | ChangedStep;
/** What ships something. */
export type ChangedStep = PatchStep | BaseStep;

interface StepFacts extends Bounds {
  /** Among the steps of the table. */
  readonly position: number;
  /** Of the known range that it is about, among all; -1 without one. */
  readonly knownPosition: number;
  readonly reason: string;
  readonly scan: RangeScan;
  /** Rows that a later run will meet at or above this snapshot's xmin; null where they are too many to list. */
  readonly recent: readonly RecentRow[] | null;
}

/** The chunks hold the range as it is now. */
export interface ReuseStep extends StepFacts {
  readonly kind: 'reuse';
  readonly known: RangeEntry;
}

/** Only the fresh rows are shipped. */
export interface PatchStep extends StepFacts {
  readonly kind: 'patch';
  readonly change: 'inserts' | 'updates';
  readonly known: RangeEntry;
  readonly fresh: readonly RecentRow[];
}

/** The whole range is shipped. */
export interface BaseStep extends StepFacts {
  readonly kind: 'base';
  /** The known range that it takes the place of, or is a part of. */
  readonly replaces: RangeEntry | null;
}

/** What ships something, of a plan. */
interface PlannedSteps {
  readonly steps: { readonly changed: Iterable<ChangedStep> };
}

/** Rows that plans ship together. */
export function rowsToShipOf(plans: readonly PlannedSteps[]): number {
  let rows = 0;
  for (const { steps } of plans) for (const step of steps.changed) rows += rowsToShip(step);
  return rows;
}

/** `COPY` text that plans read, about: what an update overrides is looked for in the whole range. */
export function bytesToReadOf(plans: readonly (PlannedSteps & Pick<TablePlan, 'rowBytes'>)[]): number {
  let bytes = 0;
  for (const { steps, rowBytes } of plans)
    for (const step of steps.changed) bytes += rowBytes * rowsToRead(step);
  return bytes;
}

function rowsToRead(step: ChangedStep): number {
  return step.kind === 'patch' && step.change === 'inserts' ? step.fresh.length : step.scan.rows;
}

/** Rows a step ships. */
export function rowsToShip(step: ChangedStep): number {
  return step.kind === 'patch' ? step.fresh.length : step.scan.rows;
}
