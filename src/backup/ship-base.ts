import { BackupError, BugError } from '../core/errors.ts';
import type { ChunkEntry, RangeEntry } from '../format/manifest.ts';
import { addDigests } from '../format/digest.ts';
import { keyPositions } from '../format/merge-key.ts';
import { copyRangeSql } from '../postgres/range-sql.ts';
import type { Bounds } from '../ranges/range-source.ts';
import type { SealedRows } from './read-job.ts';
import type { ShipContext, Upload } from './ship-context.ts';
import type { TableShipment } from './shipment.ts';
import type { BaseStep } from './table-plan.ts';

/** What a step ends in: ranges, and the chunks of theirs that are still to be stored. */
export interface Prepared {
  readonly ranges: readonly RangeEntry[];
  readonly uploads: readonly Upload[];
}

/** Reads a whole range into one base chunk, or into several ranges where it has more bytes than a chunk may have. */
export async function prepareBase(
  context: ShipContext,
  shipment: TableShipment,
  step: BaseStep,
): Promise<Prepared> {
  const { definition, readable } = shipment.plan;
  const result = await context.readRows(shipment, {
    sql: copyRangeSql(readable, step.lo, step.hi),
    columns: definition.columns,
    key: keyPositions(definition),
    chunkBytes: context.parts.settings.chunkBytes,
    slices: [],
  });
  checkRows(step, result.chunks);
  const reused = reusableChunk(shipment, step, result.chunks);
  if (reused) return { ranges: [toEntry(context, step, step, reused)], uploads: [] };
  if (result.chunks.length === 1 && result.chunks[0]) {
    const upload = context.name(shipment, 'base', result.chunks[0]);
    return { ranges: [toEntry(context, step, step, upload.entry)], uploads: [upload] };
  }
  const prepare = shipment.plan.rangeKind === 'block' ? preparePieces : prepareParts;
  return prepare(context, shipment, step, result.chunks);
}

/** Both were counted in one snapshot: a difference would mean that the two did not see the same rows (law 1). */
function checkRows(step: BaseStep, chunks: readonly SealedRows[]): void {
  const rows = chunks.reduce((sum, chunk) => sum + chunk.rows, 0);
  if (rows === step.scan.rows) return;
  throw new BackupError(
    'E_INTERNAL',
    `a range was counted with ${step.scan.rows} rows and read with ${rows}`,
  );
}

/** The chunk that holds exactly these rows already: the same `COPY` text, proved by its SHA-256. */
function reusableChunk(
  shipment: TableShipment,
  step: BaseStep,
  chunks: readonly SealedRows[],
): ChunkEntry | undefined {
  const known = step.replaces && step.replaces.patches.length === 0 ? step.replaces.base : undefined;
  const stored = known === undefined ? undefined : shipment.plan.chunks.get(known);
  const only = chunks.length === 1 ? chunks[0] : undefined;
  return stored && only && stored.copySha256 === only.copySha256 && stored.rows === only.rows
    ? stored
    : undefined;
}

/** A range that was too large in bytes: each chunk becomes a range that ends at the chunk's last key. */
async function prepareParts(
  context: ShipContext,
  shipment: TableShipment,
  step: BaseStep,
  sealed: readonly SealedRows[],
): Promise<Prepared> {
  const bounds = sealed.map((part, index) => ({
    lo: sealed[index - 1]?.lastKey ?? step.lo,
    hi: index === sealed.length - 1 ? step.hi : part.lastKey,
    asOf: null,
  }));
  const scans = await shipment.plan.strategy.scan(bounds);
  const ranges: RangeEntry[] = [];
  const uploads = sealed.map((part) => context.name(shipment, 'base', part));
  for (const [index, { entry }] of uploads.entries()) {
    const scan = scans[index];
    const range = bounds[index];
    if (!scan || !range || scan.rows !== entry.rows)
      throw new BugError('a cut range was counted differently');
    const recent = step.recent && step.scan.recent === 0 ? [] : null;
    ranges.push(toEntry(context, { ...step, scan, recent }, range, entry));
  }
  return { ranges, uploads };
}

/**
 * A block range that was too large in bytes: its rows do not tell where they lie, so it stays one range; the first chunk
 * is its base, and the others add to it.
 */
async function preparePieces(
  context: ShipContext,
  shipment: TableShipment,
  step: BaseStep,
  sealed: readonly SealedRows[],
): Promise<Prepared> {
  const uploads = sealed.map((piece, index) => context.name(shipment, index === 0 ? 'base' : 'patch', piece));
  const [base, ...others] = uploads.map(({ entry }) => entry);
  if (!base) throw new BugError('a range without rows was shipped');
  const patches = others.map(({ number, rows }) => ({ chunk: number, first: 0, rows }));
  const digest = addDigests(...uploads.map(({ entry }) => entry.digest));
  return { ranges: [{ ...toEntry(context, step, step, base), digest, patches }], uploads };
}

function toEntry(context: ShipContext, step: BaseStep, { lo, hi }: Bounds, chunk: ChunkEntry): RangeEntry {
  const { rows, keyDigest, versionDigest } = step.scan;
  return {
    lo,
    hi,
    rows,
    keyDigest,
    versionDigest,
    asOf: context.snapshotXmin,
    digest: chunk.digest,
    base: chunk.number,
    patches: [],
    recent: step.recent,
  };
}
