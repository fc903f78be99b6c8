import { BackupError, messageOf } from '../../core/errors.ts';
import type { ManifestHead } from '../../format/manifest-head.ts';
import { dropEntries } from '../../format/manifest-text.ts';
import { readManifestHeads, type PointHead } from '../../repository/manifest-heads.ts';
import { listRestorePoints, readManifest } from '../../repository/manifests.ts';
import { listProofs } from '../../repository/proofs.ts';
import type { Store } from '../../store/store.ts';
import type { AgedPoint } from '../policy.ts';

/** A sound restore point: one whose manifest tells what it is. */
export interface PrunePoint extends AgedPoint {
  readonly head: ManifestHead;
  /** Of the manifest. */
  readonly bytes: number;
}

/** A restore point that must not be counted on, and why. */
export interface DamagedPoint {
  readonly key: string;
  readonly bytes: number;
  readonly problem: string;
}

export interface ReadPoints {
  /** Oldest first. */
  readonly points: readonly PrunePoint[];
  readonly damaged: readonly DamagedPoint[];
}

/**
 * All restore points, by the heads of their manifests.
 * @throws BackupError E_MANIFEST_VERSION where one was written by a newer version: what it names is unknown here
 */
export async function readPoints(store: Store, signal: AbortSignal): Promise<ReadPoints> {
  const heads: PointHead[] = [];
  for (const read of await readManifestHeads(store, await listRestorePoints(store, signal), signal)) {
    const point = read.head ? read : await readWhole(store, read, signal);
    if (point) heads.push(point);
  }
  const proved = new Set((await listProofs(store, signal)).map(({ manifest }) => manifest));
  const compacted = compactions(heads);
  const points: PrunePoint[] = [];
  const damaged: DamagedPoint[] = [];
  for (const { key, bytes, head, problem = '' } of heads) {
    if (head) {
      const takenAt = new Date(head.snapshot.takenAt);
      points.push({ key, bytes, head, takenAt, compactedAs: compacted.get(key), isProved: proved.has(key) });
    } else damaged.push({ key, bytes, problem });
  }
  return { points, damaged };
}

/** By key of the manifest that was compacted, the one that took its place: it restores to the same rows. */
function compactions(heads: readonly PointHead[]): Map<string, string> {
  const byKey = new Map(heads.map((point) => [point.key, point]));
  const found = new Map<string, string>();
  for (const { key, head } of heads) {
    if (!head?.compaction || !head.parent) continue;
    const parent = byKey.get(head.parent.key)?.head;
    if (parent?.snapshot.text === head.snapshot.text) found.set(head.parent.key, key);
  }
  return found;
}

/**
 * Once more, as a whole: what is damaged may be removed, and bytes may be changed on their way.
 * @returns undefined for a manifest that another `prune` has removed since it was listed
 */
async function readWhole(
  store: Store,
  point: PointHead,
  signal: AbortSignal,
): Promise<PointHead | undefined> {
  try {
    const { manifest } = await readManifest(store, point.key, signal, dropEntries);
    return { ...point, head: manifest, problem: undefined };
  } catch (error) {
    if (!(error instanceof BackupError)) throw error;
    if (error.code === 'E_STORE_OBJECT_MISSING') return undefined;
    if (error.code === 'E_MANIFEST_DAMAGED') return point;
    throw error.code === 'E_MANIFEST_VERSION' ? newerVersion(error) : error;
  }
}

function newerVersion(cause: BackupError): BackupError {
  return new BackupError('E_MANIFEST_VERSION', messageOf(cause), {
    cause,
    hint: 'Nothing was removed. Prune with the version of storydredge-backup that writes these backups.',
  });
}
