import { BackupError } from '../core/errors.ts';
import type { ChunkEntry, ChunkKind, RangeEntry } from '../format/manifest.ts';
import { sameKey } from '../ranges/cut.ts';
import type { Bounds } from '../ranges/range-source.ts';
import type { SealedRows } from './read-job.ts';
import type { ShipContext, Upload } from './ship-context.ts';
import type { TableShipment } from './shipment.ts';
import type { BaseStep } from './range-steps.ts';

/** The entry of a range that one base chunk holds. */
export function baseEntry(
  { scan, recent }: Pick<BaseStep, 'scan' | 'recent'>,
  { lo, hi }: Bounds,
  chunk: ChunkEntry,
  asOf: string,
): RangeEntry {
  const { rows, keyDigest, versionDigest } = scan;
  const { digest, number } = chunk;
  return { lo, hi, rows, keyDigest, versionDigest, asOf, digest, base: number, patches: [], recent };
}

/** Both were counted in one snapshot: a difference would mean that the two did not see the same rows (law 1). */
export function requireRows({ scan }: BaseStep, rows: number): void {
  if (rows === scan.rows) return;
  throw new BackupError('E_INTERNAL', `a range was counted with ${scan.rows} rows and read with ${rows}`);
}

/**
 * The known range with its base and patches, where it holds exactly the rows that were read: as many, with the same
 * content digest.
 */
export function keptRange(
  { stored }: TableShipment,
  { lo, hi, scan, replaces, recent }: BaseStep,
  whole: SealedRows,
  asOf: string,
): RangeEntry | undefined {
  if (!replaces || !sameKey(lo, replaces.lo) || !sameKey(hi, replaces.hi)) return undefined;
  if (scan.rows !== replaces.rows || whole.digest !== replaces.digest) return undefined;
  const { keyDigest, versionDigest } = scan;
  return stored.takeAll(replaces) ? { ...replaces, keyDigest, versionDigest, asOf, recent } : undefined;
}

/** A chunk of the store, and what is to be uploaded where it is a new one. */
export interface PlacedChunk {
  readonly entry: ChunkEntry;
  readonly uploads: readonly Upload[];
}

/** The stored chunk that holds exactly these rows, or a new one: rows that the store has are not shipped again. */
export async function placeChunk(
  context: ShipContext,
  shipment: TableShipment,
  kind: ChunkKind,
  sealed: SealedRows,
  preferred?: number,
): Promise<PlacedChunk> {
  const entry = shipment.stored.take(kind, sealed, preferred);
  if (entry) {
    await context.letGo(sealed.content);
    return { entry, uploads: [] };
  }
  const upload = context.name(shipment, kind, sealed);
  return { entry: upload.entry, uploads: [upload] };
}

/** Which rows a range has, for people. */
export function describeRows({ lo, hi }: Bounds): string {
  const after = lo === null ? [] : [`after (${lo.join(', ')})`];
  const upTo = hi === null ? [] : [`up to (${hi.join(', ')})`];
  return ['rows', ...after, ...upTo].join(' ');
}
