import { BugError } from '../core/errors.ts';
import type { PatchSlice, RangeEntry } from '../format/manifest.ts';
import { keyPositions } from '../format/merge-key.ts';
import { listCopy, listCopySql } from '../postgres/range-sql.ts';
import { digestAfter } from './digest-after.ts';
import type { SliceRows } from './read-job.ts';
import { runJobs, type Job } from './run-jobs.ts';
import { shipBase } from './ship-base.ts';
import type { ShipContext } from './ship-context.ts';
import { Pieces } from './ship-pieces.ts';
import type { TableShipment } from './shipment.ts';
import { storeRanges, type StepEnd } from './store-ranges.ts';
import type { BaseStep, PatchStep } from './range-steps.ts';

/**
 * Reads the fresh rows of several ranges, into one patch chunk unless they are wide, and proves each patch before it counts
 * (law 2).
 */
export async function shipPatches(
  context: ShipContext,
  shipment: TableShipment,
  steps: readonly PatchStep[],
): Promise<void> {
  const pieces = await readPieces(context, shipment, steps);
  try {
    const { last, stored } = await pieces.end();
    const ranges = await patchRanges(context, shipment, steps, pieces);
    const ends: StepEnd[] = [];
    const unfit: PatchStep[] = [];
    for (const [index, step] of steps.entries()) {
      const range = ranges[index];
      if (range) ends.push({ step, ranges: [range] });
      else unfit.push(step);
    }
    const isUsed = ends.some(({ ranges }) => ranges.some((range) => usesChunk(range, last.entry.number)));
    if (!isUsed) for (const { content } of last.uploads) await context.letGo(content);
    await storeRanges(context, shipment, ends, isUsed ? last.uploads : [], stored);
    for (const step of unfit) await shipInstead(context, shipment, step);
  } finally {
    await pieces.settle();
  }
}

async function readPieces(
  context: ShipContext,
  shipment: TableShipment,
  steps: readonly PatchStep[],
): Promise<Pieces> {
  const { definition, readable, rowBytes } = shipment.plan;
  const keys = steps.flatMap(({ fresh }) => fresh.map(({ key }) => key));
  const copy = listCopy(readable, keys);
  const pieces = new Pieces(context, shipment, keys.length, { first: 'patch', others: 'patch' });
  try {
    const last = await context.readRows(shipment, {
      request: () => {
        pieces.restart();
        return {
          sql: listCopySql(copy),
          inPortions: { ...copy, rowBytes },
          rowsOf: 'changed rows',
          key: keyPositions(definition),
          slices: steps.map(({ fresh, change }) => ({ rows: fresh.length, keep: change === 'updates' })),
        };
      },
      take: (part) => pieces.take(part),
    });
    if (last) await pieces.take(last);
  } catch (error) {
    await pieces.settle();
    throw error;
  }
  if (pieces.rows !== keys.length) throw new BugError('a patch has other rows than listed');
  return pieces;
}

/** The rows of one step in one chunk. */
type NewSlice = SliceRows & PatchSlice;

function slicesOf(pieces: Pieces, index: number): NewSlice[] {
  return pieces.all.flatMap(({ entry, slices }) => {
    let next = 0;
    return slices.flatMap((slice) => {
      const first = next;
      next += slice.rows;
      return slice.slice === index ? [{ ...slice, chunk: entry.number, first }] : [];
    });
  });
}

function usesChunk({ patches }: RangeEntry, number: number): boolean {
  return patches.some(({ chunk }) => chunk === number);
}

/** By the position of their step, the ranges with their patches, several proved at a time. */
async function patchRanges(
  context: ShipContext,
  shipment: TableShipment,
  steps: readonly PatchStep[],
  pieces: Pieces,
): Promise<readonly (RangeEntry | undefined)[]> {
  const ranges: (RangeEntry | undefined)[] = [];
  const jobs = steps.map((step, index) => async () => {
    ranges[index] = await patchRange(context, shipment, step, slicesOf(pieces, index));
  });
  const prove = (job: Job) => context.parts.workers.proofs.run(job);
  await runJobs(jobs, jobs.length, prove, new AbortController());
  return ranges;
}

/** The range with its patch; undefined where that does not give the rows that were counted. */
async function patchRange(
  context: ShipContext,
  shipment: TableShipment,
  step: PatchStep,
  slices: readonly NewSlice[],
): Promise<RangeEntry | undefined> {
  const digest = await digestAfter(context, shipment, step, slices);
  if (digest === undefined) return undefined;
  const { rows, keyDigest, versionDigest } = step.scan;
  const { lo, hi, base, patches } = step.known;
  const all = [...patches, ...slices.map(({ chunk, first, rows: count }) => ({ chunk, first, rows: count }))];
  const asOf = context.snapshotXmin;
  return { lo, hi, rows, keyDigest, versionDigest, asOf, digest, base, patches: all, recent: step.recent };
}

async function shipInstead(context: ShipContext, shipment: TableShipment, step: PatchStep): Promise<void> {
  context.parts.reporter.log('warn', 'A patch did not fit its range; reading the range again', {
    table: shipment.plan.definition.name,
  });
  const base: BaseStep = { ...step, kind: 'base', replaces: step.known };
  await shipBase(context, shipment, base);
}
