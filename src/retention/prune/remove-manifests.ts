import { BackupError } from '../../core/errors.ts';
import { passFaultPoint } from '../../core/fault-points.ts';
import type { ManifestReference } from '../../format/manifest.ts';
import type { RemovedManifest } from '../../format/removal.ts';
import { referenceManifest } from '../../repository/manifests.ts';
import { mostRemoved, putRemoval } from '../../repository/removals.ts';
import type { Store } from '../../store/store.ts';
import type { PrunePlan } from './plan-prune.ts';
import type { Removed } from './removed.ts';

/**
 * Removes the manifests that go, oldest first, each batch after its record is stored: a chain is cut at its old end, and
 * whatever moment this is killed at, what is left is a smaller store (laws 3 and 4).
 */
export async function removeManifests(
  plan: PrunePlan,
  removed: Removed,
  store: Store,
  signal: AbortSignal,
): Promise<void> {
  const names = namesOf(plan);
  const going = [
    ...plan.decisions.filter(({ keep }) => !keep).map(({ point }) => point),
    ...plan.damaged.map(({ key, bytes }) => ({ key, bytes, head: undefined })),
  ].sort((a, b) => (a.key < b.key ? -1 : 1));
  for (let at = 0; at < going.length; at += mostRemoved) {
    const batch = going.slice(at, at + mostRemoved);
    const records: RemovedManifest[] = [];
    for (const { key, head } of batch) {
      const reference = names.get(key) ?? (await referenceIfThere(store, key, signal));
      if (reference) records.push({ ...reference, parent: head?.parent });
    }
    if (records.length === 0) continue;
    await putRemoval(store, records, signal);
    passFaultPoint('prune.removal.recorded');
    const objects = batch.map(({ key, bytes }) => ({ key, bytes }));
    await removed.delete('manifest', objects, signal);
  }
}

/** By key, what the next manifest calls each: its SHA-256 need not be computed again. */
function namesOf({ decisions }: PrunePlan): Map<string, ManifestReference> {
  const parents = decisions.map(({ point }) => point.head.parent).filter((parent) => parent !== null);
  return new Map(parents.map((parent) => [parent.key, parent]));
}

/** Undefined for a manifest that another `prune` was quicker to remove. */
async function referenceIfThere(
  store: Store,
  key: string,
  signal: AbortSignal,
): Promise<ManifestReference | undefined> {
  try {
    return await referenceManifest(store, key, signal);
  } catch (error) {
    if (error instanceof BackupError && error.code === 'E_STORE_OBJECT_MISSING') return undefined;
    throw error;
  }
}
