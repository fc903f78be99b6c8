import { BackupError } from '../core/errors.ts';
import type { ChunkEntry, RangeEntry } from '../format/manifest.ts';
import type { Bounds } from '../ranges/range-source.ts';
import type { SealedRows } from './read-job.ts';
import type { TableShipment } from './shipment.ts';
import type { BaseStep } from './table-plan.ts';

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

/** The chunk that holds exactly the rows of the whole range already: the same `COPY` text, proved by its SHA-256. */
export function reusableChunk(
  { plan }: TableShipment,
  { replaces }: BaseStep,
  whole: SealedRows,
): ChunkEntry | undefined {
  const known = replaces && replaces.patches.length === 0 ? replaces.base : undefined;
  const stored = known === undefined ? undefined : plan.chunks.get(known);
  const isSame = stored?.copySha256 === whole.copySha256 && stored.rows === whole.rows;
  return isSame ? stored : undefined;
}
