import { BackupError, BugError } from '../core/errors.ts';
import type { ChunkEntry, ChunkKind, RangeEntry } from '../format/manifest.ts';
import { sumDigests } from '../format/digest.ts';
import { keyPositions } from '../format/merge-key.ts';
import { copyRangeSql } from '../postgres/range-sql.ts';
import { sameKey } from '../ranges/cut.ts';
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

/**
 * Reads a whole range into one base chunk, or into several ranges where it has more bytes than a chunk may have. Rows
 * that the store holds already, byte for byte, are not shipped again.
 */
export async function prepareBase(
  context: ShipContext,
  shipment: TableShipment,
  step: BaseStep,
): Promise<Prepared> {
  const { definition, readable, rangeKind } = shipment.plan;
  const result = await context.readRows(shipment, {
    sql: copyRangeSql(readable, step.lo, step.hi),
    columns: definition.columns,
    key: keyPositions(definition),
    chunkBytes: context.parts.settings.chunkBytes,
    slices: [],
  });
  checkRows(step, result.chunks);
  const kept = keptRange(context, shipment, step, result.chunks);
  if (kept) return { ranges: [kept], uploads: [] };
  const [only] = result.chunks;
  if (result.chunks.length === 1 && only) {
    const placed = place(context, shipment, 'base', only, step.replaces?.base);
    return { ranges: [toEntry(context, step, step, placed.entry)], uploads: placed.uploads };
  }
  const prepare = rangeKind === 'block' ? preparePieces : prepareParts;
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

/**
 * The known range with its base and patches, where it holds exactly the rows that were read: as many, with the same
 * content digest.
 */
function keptRange(
  { snapshotXmin }: ShipContext,
  { stored }: TableShipment,
  { lo, hi, scan, replaces, recent }: BaseStep,
  chunks: readonly SealedRows[],
): RangeEntry | undefined {
  if (!replaces || !sameKey(lo, replaces.lo) || !sameKey(hi, replaces.hi)) return undefined;
  const digest = sumDigests(chunks.map((chunk) => chunk.digest));
  if (scan.rows !== replaces.rows || digest !== replaces.digest) return undefined;
  const { keyDigest, versionDigest } = scan;
  return stored.takeAll(replaces)
    ? { ...replaces, keyDigest, versionDigest, asOf: snapshotXmin, recent }
    : undefined;
}

interface Placed {
  readonly entry: ChunkEntry;
  readonly uploads: readonly Upload[];
}

/** The stored chunk that holds exactly these rows, or a new one. */
function place(
  context: ShipContext,
  shipment: TableShipment,
  kind: ChunkKind,
  sealed: SealedRows,
  preferred?: number,
): Placed {
  const entry = shipment.stored.take(kind, sealed, preferred);
  if (entry) return { entry, uploads: [] };
  const upload = context.name(shipment, kind, sealed);
  return { entry: upload.entry, uploads: [upload] };
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
  const placed = sealed.map((part) => place(context, shipment, 'base', part));
  for (const [index, { entry }] of placed.entries()) {
    const scan = scans[index];
    const range = bounds[index];
    if (!scan || !range || scan.rows !== entry.rows)
      throw new BugError('a cut range was counted differently');
    const recent = step.recent && step.scan.recent === 0 ? [] : null;
    ranges.push(toEntry(context, { ...step, scan, recent }, range, entry));
  }
  return { ranges, uploads: placed.flatMap(({ uploads }) => uploads) };
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
  const placed = sealed.map((piece, index) =>
    place(context, shipment, index === 0 ? 'base' : 'patch', piece),
  );
  const [base, ...others] = placed.map(({ entry }) => entry);
  if (!base) throw new BugError('a range without rows was shipped');
  const patches = others.map(({ number, rows }) => ({ chunk: number, first: 0, rows }));
  const digest = sumDigests(placed.map(({ entry }) => entry.digest));
  const range = { ...toEntry(context, step, step, base), digest, patches };
  return { ranges: [range], uploads: placed.flatMap(({ uploads }) => uploads) };
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
