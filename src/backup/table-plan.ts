import type { ChunkLookup } from '../format/chunk-lookup.ts';
import type { OpenTable } from './open-table.ts';
import type { PlanSteps } from './plan-steps.ts';
import { rowsToRead, rowsToShip, type ChangedStep } from './range-steps.ts';

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
  return bytesOf(plans, rowsToRead);
}

/** Of that, what is shipped. */
export function bytesToShipOf(plans: readonly (PlannedSteps & Pick<TablePlan, 'rowBytes'>)[]): number {
  return bytesOf(plans, rowsToShip);
}

function bytesOf(
  plans: readonly (PlannedSteps & Pick<TablePlan, 'rowBytes'>)[],
  rowsOf: (step: ChangedStep) => number,
): number {
  let bytes = 0;
  for (const { steps, rowBytes } of plans) for (const step of steps.changed) bytes += rowBytes * rowsOf(step);
  return bytes;
}
