import { fitInMemory, mostToMerge } from '../chunk/most-in-memory.ts';
import { BackupError, BugError } from '../core/errors.ts';
import { sumDigests } from '../format/digest.ts';
import type { PatchSlice, RangeEntry } from '../format/manifest.ts';
import { keyPositions, mergeKey } from '../format/merge-key.ts';
import { copyKeysSql } from '../postgres/range-sql.ts';
import { getChunk } from '../repository/chunks.ts';
import type { MergeJob, SliceRows, StoredChunk } from './read-job.ts';
import { shipBase } from './ship-base.ts';
import type { ShipContext } from './ship-context.ts';
import { Pieces } from './ship-pieces.ts';
import type { TableShipment } from './shipment.ts';
import { storeRanges, type StepEnd } from './store-ranges.ts';
import type { BaseStep, PatchStep } from './table-plan.ts';

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
    const ends: StepEnd[] = [];
    const unfit: PatchStep[] = [];
    for (const [index, step] of steps.entries()) {
      const range = await patchRange(context, shipment, step, slicesOf(pieces, index));
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
  const { definition, readable } = shipment.plan;
  const keys = steps.flatMap(({ fresh }) => fresh.map(({ key }) => key));
  const pieces = new Pieces(context, shipment, keys.length, { first: 'patch', others: 'patch' });
  try {
    const last = await context.readRows(shipment, {
      request: () => {
        pieces.restart();
        return {
          sql: copyKeysSql(readable, keys),
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

/**
 * The content digest of the range with its patch. Inserts add to it. Updates take the digests of the rows they
 * override away, which only the stored chunks tell: so base and patches are put together as a restore would do it.
 * Undefined where that gives other rows than counted (keys that are equal, but written differently), where the rows are too
 * wide for it, or where a chunk is missing or damaged: the range is then read anew.
 */
async function digestAfter(
  context: ShipContext,
  shipment: TableShipment,
  step: PatchStep,
  slices: readonly NewSlice[],
): Promise<string | undefined> {
  if (step.change === 'inserts')
    return sumDigests([step.known.digest, ...slices.map(({ digest }) => digest)]);
  const fresh = slices.map(({ copyText }) => copyText).filter((copyText) => copyText !== null);
  const sizes = fresh.map(({ byteLength }) => ({ bytes: 0, copyBytes: byteLength }));
  if (fresh.length < slices.length || !fitInMemory(sizes, mostToMerge(context.parts.settings.chunkBytes)))
    return undefined;
  try {
    const merged = await context.merge(await collectMerge(context, shipment, step, fresh));
    return merged.rows === step.scan.rows ? merged.digest : undefined;
  } catch (error) {
    if (!(error instanceof BackupError) || !damageCodes.includes(error.code)) throw error;
    context.parts.reporter.log('error', `The store's copy of a range is damaged: ${error.message}`);
    return undefined;
  }
}

/** Base and patches of a range out of the store. */
async function collectMerge(
  context: ShipContext,
  shipment: TableShipment,
  step: PatchStep,
  fresh: readonly Uint8Array[],
): Promise<MergeJob> {
  const { store, signal } = context.parts;
  const fetch = async (number: number): Promise<StoredChunk> => {
    const entry = shipment.plan.chunks.get(number);
    if (!entry) throw new BugError(`chunk ${number} of a known range is unknown`);
    return { entry, body: await getChunk(store, entry, signal) };
  };
  const { definition } = shipment.plan;
  return {
    kind: 'merge',
    columns: definition.columns,
    key: mergeKey({ ...definition, rangeKind: shipment.plan.rangeKind }),
    base: await fetch(step.known.base),
    patches: await Promise.all(
      step.known.patches.map(async ({ chunk, first, rows }) => ({ ...(await fetch(chunk)), first, rows })),
    ),
    fresh,
  };
}

const damageCodes: readonly string[] = ['E_STORE_OBJECT_MISSING', 'E_CHUNK_DAMAGED'];
