import { BackupError } from '../core/errors.ts';
import type { Store } from '../store/store.ts';

/**
 * Of a restore point that `prune` removes while somebody reads it, chunks are missing: no damage, which is said instead.
 *
 * @param key of its manifest
 * @returns the error to throw: E_MANIFEST_NOT_FOUND where an object is missing and the manifest is gone, too
 */
export async function removedMeanwhile(error: unknown, store: Store, key: string): Promise<unknown> {
  if (!(error instanceof BackupError) || error.code !== 'E_STORE_OBJECT_MISSING') return error;
  try {
    if ((await store.head(key)) !== undefined) return error;
  } catch {
    // Where that cannot be asked, the first error says more.
    return error;
  }
  const message = `the restore point ${store.objectKey(key)} was removed while it was read`;
  return new BackupError('E_MANIFEST_NOT_FOUND', message, {
    cause: error,
    hint: 'A prune has let it go. Choose another one: `storydredge-backup list` shows those there are.',
  });
}
