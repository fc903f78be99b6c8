import { BackupError, BugError } from '../core/errors.ts';
import type { ChunkEntry, RangeEntry } from '../format/manifest.ts';
import { copyRangeSql, keyPositions } from '../postgres/range-sql.ts';
import { scanRanges } from '../ranges/fingerprints.ts';
import type { Bounds } from '../ranges/range-source.ts';
import type { SealedRows } from './read-job.ts';
import type { ShipContext } from './ship-context.ts';
import type { TableShipment } from './shipment.ts';
import type { BaseStep } from './table-plan.ts';

/** Ships a whole range as one base chunk, or as several ranges where it has more bytes than a chunk may have. */
export async function shipBase(
  context: ShipContext,
  shipment: TableShipment,
  step: BaseStep,
): Promise<RangeEntry[]> {
  const { definition } = shipment.plan;
  const result = await context.readRows(shipment, {
    sql: copyRangeSql(definition, step.lo, step.hi),
    columns: definition.columns,
    key: keyPositions(definition),
    chunkBytes: context.parts.settings.chunkBytes,
    slices: [],
  });
  checkRows(step, result.chunks);
  const reused = reusableChunk(shipment, step, result.chunks);
  if (reused) return [toEntry(context, step, step, reused)];
  if (result.chunks.length === 1 && result.chunks[0]) {
    const chunk = await context.store(shipment, 'base', result.chunks[0]);
    return [toEntry(context, step, step, chunk)];
  }
  return shipParts(context, shipment, step, result.chunks);
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
async function shipParts(
  context: ShipContext,
  shipment: TableShipment,
  step: BaseStep,
  sealed: readonly SealedRows[],
): Promise<RangeEntry[]> {
  const { leader } = context.parts;
  const bounds = sealed.map((part, index) => ({
    lo: sealed[index - 1]?.lastKey ?? step.lo,
    hi: index === sealed.length - 1 ? step.hi : part.lastKey,
    asOf: null,
  }));
  const scans = await scanRanges(leader, shipment.plan.source, context.snapshotXmin, bounds);
  const entries: RangeEntry[] = [];
  for (const [index, part] of sealed.entries()) {
    const scan = scans[index];
    const range = bounds[index];
    if (!scan || !range || scan.rows !== part.rows) throw new BugError('a cut range was counted differently');
    const chunk = await context.store(shipment, 'base', part);
    const recent = step.recent && step.scan.recent === 0 ? [] : null;
    entries.push(toEntry(context, { ...step, scan, recent }, range, chunk));
  }
  return entries;
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
