import { isRemovalKey, removalKey, removalPrefix } from '../format/keys.ts';
import { formatRemoval, parseRemoval, type RemovedManifest } from '../format/removal.ts';
import type { Store } from '../store/store.ts';
import { getRecord } from './get-record.ts';
import { putUnderTime } from './put-under-time.ts';

/** Entries of one record. */
export const mostRemoved = 1000;

/** Stores the record of manifests that are about to be removed (law 3: before they go). */
export async function putRemoval(
  store: Store,
  removed: readonly RemovedManifest[],
  signal?: AbortSignal,
): Promise<void> {
  const body = formatRemoval({ removedAt: new Date(), removed });
  await putUnderTime(store, removalKey, body, 'application/json', signal);
}

export interface StoredRemoval {
  readonly key: string;
  readonly removed: readonly RemovedManifest[];
}

/** All records there are. One that cannot be read excuses nothing, and is left out. */
export async function readRemovals(store: Store, signal?: AbortSignal): Promise<StoredRemoval[]> {
  const records: StoredRemoval[] = [];
  for await (const { key } of store.list(removalPrefix, { signal })) {
    if (!isRemovalKey(key)) continue;
    const text = await getRecord(store, key, signal);
    const record = text && parseRemoval(text);
    if (record) records.push({ key, removed: record.removed });
  }
  return records;
}
