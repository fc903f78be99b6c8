import { BackupError, messageOf } from '../../core/errors.ts';
import { addDigests, sumDigests } from '../../format/digest.ts';
import type { PatchSlice } from '../../format/manifest.ts';
import type { LoadResult } from '../load-job.ts';

/** What of a range was loaded, and why the rest was not; no reasons where all of it was. */
export interface SoundRows {
  readonly loaded: LoadResult;
  readonly reasons: readonly string[];
}

export interface RangeLoads {
  readonly whole: () => Promise<LoadResult>;
  /** By itself; the number is its position among the slices. */
  readonly slice: (slice: PatchSlice, index: number) => Promise<LoadResult>;
}

const nothing: LoadResult = { rows: 0, digest: addDigests() };

/**
 * Loads what can be proved of a range that did not prove whole. Where every slice holds rows of its own, each stands for
 * itself. Where patches override rows, nobody can tell which rows of the sound chunks a damaged one overrode: the
 * whole range is left out rather than rows of an older state restored (law 1). Each is tried twice, as bytes
 * may have been changed on their way.
 *
 * @param slices of the range, each with rows that no other one has; undefined where they override one another
 */
export async function loadSound(
  slices: readonly PatchSlice[] | undefined,
  { whole, slice }: RangeLoads,
): Promise<SoundRows> {
  if (!slices) {
    const found = await unlessDamaged(whole);
    return typeof found === 'string' ? { loaded: nothing, reasons: [found] } : { loaded: found, reasons: [] };
  }
  const results: LoadResult[] = [];
  const reasons: string[] = [];
  for (const [index, one] of slices.entries()) {
    const load = () => slice(one, index);
    const found = await unlessDamaged(() => load().catch((error: unknown) => ifDamage(error, load)));
    if (typeof found === 'string') reasons.push(found);
    else results.push(found);
  }
  const rows = results.reduce((sum, result) => sum + result.rows, 0);
  return { loaded: { rows, digest: sumDigests(results.map(({ digest }) => digest)) }, reasons };
}

const damages = [
  'E_CHUNK_DAMAGED',
  'E_STORE_OBJECT_MISSING',
  'E_STORE_CORRUPT_TRANSFER',
  'E_RESTORE_MISMATCH',
];

/** Goes on with `next` after damage; any other error is thrown again. */
export async function ifDamage<T>(error: unknown, next: () => Promise<T>): Promise<T> {
  if (error instanceof BackupError && damages.includes(error.code)) return next();
  throw error;
}

async function unlessDamaged(load: () => Promise<LoadResult>): Promise<LoadResult | string> {
  return load().catch((error: unknown) => ifDamage(error, async () => messageOf(error)));
}
