import { BackupError } from '../core/errors.ts';

/** What came of a chunk: its proved content, or what is wrong with it. */
export type Proof<T> =
  | { readonly kind: 'sound'; readonly value: T }
  | { readonly kind: 'damaged'; readonly code: 'CHUNK_MISSING' | 'CHUNK_DAMAGED'; readonly problem: string };

/**
 * Proves a chunk. Bytes that prove wrong are fetched and proved once more before the store is held to be damaged: they may
 * have been changed on their way.
 *
 * @param prove downloads the chunk and has it proved
 */
export async function proveChunk<T>(prove: () => Promise<T>): Promise<Proof<T>> {
  for (let isLast = false; ; isLast = true) {
    try {
      return { kind: 'sound', value: await prove() };
    } catch (error) {
      const code = error instanceof BackupError ? error.code : undefined;
      if (code === 'E_STORE_OBJECT_MISSING')
        return { kind: 'damaged', code: 'CHUNK_MISSING', problem: 'the chunk is missing' };
      if (code !== 'E_CHUNK_DAMAGED' && code !== 'E_STORE_CORRUPT_TRANSFER') throw error;
      if (isLast) return { kind: 'damaged', code: 'CHUNK_DAMAGED', problem: (error as Error).message };
    }
  }
}
