import { BackupError, BugError } from '../core/errors.ts';
import { addDigests } from '../format/digest.ts';
import type { ChunkEntry, RangeEntry } from '../format/manifest.ts';
import { keyPositions, mergeKey } from '../format/merge-key.ts';
import { copyKeysSql } from '../postgres/range-sql.ts';
import { getChunk } from '../repository/chunks.ts';
import type { MergeJob, SliceRows, StoredChunk } from './read-job.ts';
import { prepareBase, type Prepared } from './ship-base.ts';
import type { ShipContext, Upload } from './ship-context.ts';
import type { TableShipment } from './shipment.ts';
import type { PatchStep } from './table-plan.ts';

export interface PatchedStep {
  readonly step: PatchStep;
  readonly ranges: readonly RangeEntry[];
}

export interface PreparedPatches {
  readonly patched: readonly PatchedStep[];
  readonly uploads: readonly Upload[];
}

/** Reads the fresh rows of several ranges into one patch chunk, and proves each patch before it counts (law 2). */
export async function preparePatches(
  context: ShipContext,
  shipment: TableShipment,
  steps: readonly PatchStep[],
): Promise<PreparedPatches> {
  const { definition } = shipment.plan;
  const keys = steps.flatMap(({ fresh }) => fresh.map(({ key }) => key));
  const result = await context.readRows(shipment, {
    sql: copyKeysSql(shipment.plan.readable, keys),
    columns: definition.columns,
    key: keyPositions(definition),
    chunkBytes: null,
    slices: steps.map(({ fresh }) => fresh.length),
  });
  const [sealed] = result.chunks;
  if (sealed?.rows !== keys.length) throw new BugError('a patch has other rows than listed');
  const upload = context.name(shipment, 'patch', sealed);
  const patched: PatchedStep[] = [];
  const uploads: Upload[] = [];
  let first = 0;
  for (const [index, step] of steps.entries()) {
    const slice = result.slices[index];
    if (!slice) throw new BugError('a slice of a patch is missing');
    const prepared = await patchRange(context, shipment, step, { chunk: upload.entry, first, slice });
    patched.push({ step, ranges: prepared.ranges });
    uploads.push(...prepared.uploads);
    first += step.fresh.length;
  }
  const isUsed = patched.some(({ ranges }) =>
    ranges.some(({ patches }) => patches.at(-1)?.chunk === upload.entry.number),
  );
  return { patched, uploads: isUsed ? [upload, ...uploads] : uploads };
}

interface NewPatch {
  readonly chunk: ChunkEntry;
  readonly first: number;
  readonly slice: SliceRows;
}

async function patchRange(
  context: ShipContext,
  shipment: TableShipment,
  step: PatchStep,
  patch: NewPatch,
): Promise<Prepared> {
  const digest = await digestAfter(context, shipment, step, patch.slice);
  if (digest === undefined) {
    context.parts.reporter.log('warn', 'A patch did not fit its range; reading the range again', {
      table: shipment.plan.definition.name,
    });
    return prepareBase(context, shipment, { ...step, kind: 'base', replaces: step.known });
  }
  const { rows, keyDigest, versionDigest } = step.scan;
  const { lo, hi, base, patches } = step.known;
  const slice = { chunk: patch.chunk.number, first: patch.first, rows: step.fresh.length };
  const asOf = context.snapshotXmin;
  const all = [...patches, slice];
  const facts = { rows, keyDigest, versionDigest, asOf, digest, recent: step.recent };
  return { ranges: [{ lo, hi, ...facts, base, patches: all }], uploads: [] };
}

/**
 * The content digest of the range with its patch. Inserts add to it. Updates take the digests of the rows they
 * override away, which only the stored chunks tell: so base and patches are put together as a restore would do it.
 * Undefined where that gives other rows than counted (keys that are equal, but written differently), or where a chunk is
 * missing or damaged: the range is then read anew.
 */
async function digestAfter(
  context: ShipContext,
  shipment: TableShipment,
  step: PatchStep,
  slice: SliceRows,
): Promise<string | undefined> {
  if (step.change === 'inserts') return addDigests(step.known.digest, slice.digest);
  try {
    const merged = await context.merge(await collectMerge(context, shipment, step, slice));
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
  slice: SliceRows,
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
    fresh: slice.copyText,
  };
}

const damageCodes: readonly string[] = ['E_STORE_OBJECT_MISSING', 'E_CHUNK_DAMAGED'];
