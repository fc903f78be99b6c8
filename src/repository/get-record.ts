import { BackupError } from '../core/errors.ts';
import type { Store } from '../store/store.ts';

/** More than any record has: one of a thousand manifests takes half a megabyte. */
const mostBytes = 4 * 1024 * 1024;

/**
 * The bytes of a record; undefined where it is gone, as `prune` removes some while others read them. Of an object that is far too
 * large to be one only the beginning, which is none either (law 8).
 */
export async function getRecord(
  store: Store,
  key: string,
  signal?: AbortSignal,
): Promise<Uint8Array | undefined> {
  try {
    return await store.get(key, { most: mostBytes, signal });
  } catch (error) {
    if (error instanceof BackupError && error.code === 'E_STORE_OBJECT_MISSING') return undefined;
    throw error;
  }
}
