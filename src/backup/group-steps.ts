import { sameKey } from '../ranges/cut.ts';
import type { ShipSettings } from './ship-context.ts';
import type { BaseStep, PatchStep } from './range-steps.ts';
import type { TablePlan } from './table-plan.ts';

/** Bytes of `COPY` text, estimated, that several ranges are read for together. */
const mostGroupBytes = 1024 * 1024;

/** One range or more that are read together. */
export type Neighbours = readonly [BaseStep, ...BaseStep[]];

/**
 * All ranges that are to be read whole, in key order: small new ones of the primary key that follow one another together, any other
 * by itself.
 *
 * @param leastGroups of so many groups there must be work for all
 */
export function* groupNeighbours(
  { rangeKind, steps, rowBytes }: Pick<TablePlan, 'rangeKind' | 'steps' | 'rowBytes'>,
  { chunkBytes }: Pick<ShipSettings, 'chunkBytes'>,
  leastGroups: number,
): Generator<Neighbours> {
  const mostRows = Math.min(mostGroupBytes, chunkBytes) / Math.max(rowBytes, 1);
  const mostRanges = rangeKind === 'key' ? Math.floor(steps.count('base') / leastGroups) : 1;
  let group: [BaseStep, ...BaseStep[]] | undefined;
  let rows = 0;
  for (const step of steps.changed) {
    if (step.kind !== 'base') continue;
    rows += step.scan.rows;
    const isFull = group !== undefined && (group.length >= mostRanges || rows > mostRows);
    if (group && !isFull && areNeighbours(group.at(-1), step)) group.push(step);
    else {
      if (group) yield group;
      group = [step];
      rows = step.scan.rows;
    }
  }
  if (group) yield group;
}

/** A range that takes the place of a known one may turn out to hold what that did. */
function areNeighbours(before: BaseStep | undefined, step: BaseStep): boolean {
  return before !== undefined && !before.replaces && !step.replaces && sameKey(before.hi, step.lo);
}

/** So many rows of patches share a chunk, one at least; estimated, where rows are large. */
export function rowsOfPatchChunk(
  { rowBytes, chunkSize }: Pick<TablePlan, 'rowBytes' | 'chunkSize'>,
  { chunkBytes }: Pick<ShipSettings, 'chunkBytes'>,
): number {
  return Math.max(1, Math.min(chunkSize, Math.min(mostGroupBytes, chunkBytes) / Math.max(rowBytes, 1)));
}

/**
 * Patches of neighbouring ranges, together in chunks of at most so many rows and, as far as can be told, bytes. A chunk of updates
 * stays in memory until all its ranges are proved; and who reads one of these later opens it whole.
 */
export function* groupPatches(
  plan: Pick<TablePlan, 'steps' | 'rowBytes' | 'chunkSize'>,
  settings: Pick<ShipSettings, 'chunkBytes'>,
): Generator<PatchStep[]> {
  const mostRows = rowsOfPatchChunk(plan, settings);
  let group: PatchStep[] = [];
  let rows = 0;
  for (const step of plan.steps.changed) {
    if (step.kind !== 'patch') continue;
    if (group.length > 0 && rows + step.fresh.length > mostRows) {
      yield group;
      [group, rows] = [[], 0];
    }
    group.push(step);
    rows += step.fresh.length;
  }
  if (group.length > 0) yield group;
}
