import type { RangeEntry, RecentRow } from '../format/manifest.ts';
import type { RangeScan } from '../ranges/fingerprints.ts';
import type { Bounds } from '../ranges/range-source.ts';

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

/** Rows a step reads: what an update overrides is looked for in the whole range. */
export function rowsToRead(step: ChangedStep): number {
  return step.kind === 'patch' && step.change === 'inserts' ? step.fresh.length : step.scan.rows;
}

/** Rows a step ships. */
export function rowsToShip(step: ChangedStep): number {
  return step.kind === 'patch' ? step.fresh.length : step.scan.rows;
}
