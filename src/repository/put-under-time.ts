import { BackupError } from '../core/errors.ts';
import type { Store } from '../store/store.ts';

/**
 * Stores an object under the name that the present time gives it, or a later second where that is taken (law 5).
 * @returns its key
 */
export async function putUnderTime(
  store: Store,
  keyOf: (time: Date) => string,
  body: Uint8Array,
  contentType: string,
  signal?: AbortSignal,
): Promise<string> {
  const now = Date.now();
  for (let tries = 0; tries < 10; tries++) {
    const key = keyOf(new Date(now + tries * 1000));
    try {
      await store.put(key, body, { ifAbsent: true, contentType, signal });
      return key;
    } catch (error) {
      if (!(error instanceof BackupError) || error.code !== 'E_STORE_OBJECT_EXISTS') throw error;
    }
  }
  throw new BackupError(
    'E_STORE_OBJECT_EXISTS',
    `other runs keep taking names such as ${keyOf(new Date(now))}`,
  );
}
