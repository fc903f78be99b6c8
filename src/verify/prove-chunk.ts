import { BackupError } from '../core/errors.ts';
import { getRawChunk } from '../repository/chunk-presence.ts';
import type { Store } from '../store/store.ts';
import type { UsedChunk } from './chunk-use.ts';

/** What came of a chunk: its proved content, or what is wrong with it. */
export type Proof<T> =
  | { readonly kind: 'sound'; readonly value: T }
  | { readonly kind: 'damaged'; readonly code: 'CHUNK_MISSING' | 'CHUNK_DAMAGED'; readonly problem: string };

/**
 * Downloads a chunk and has it proved. Bytes that prove wrong are fetched and proved once more before the store is held
 * to be damaged: they may have been changed on their way.
 */
export async function proveChunk<T>(
  store: Store,
  { entry }: UsedChunk,
  prove: (body: Uint8Array) => Promise<T>,
  signal: AbortSignal,
): Promise<Proof<T>> {
  for (let isLast = false; ; isLast = true) {
    try {
      return { kind: 'sound', value: await prove(await getRawChunk(store, entry, signal)) };
    } catch (error) {
      const code = error instanceof BackupError ? error.code : undefined;
      if (code === 'E_STORE_OBJECT_MISSING')
        return { kind: 'damaged', code: 'CHUNK_MISSING', problem: 'the chunk is missing' };
      if (code !== 'E_CHUNK_DAMAGED' && code !== 'E_STORE_CORRUPT_TRANSFER') throw error;
      if (isLast) return { kind: 'damaged', code: 'CHUNK_DAMAGED', problem: (error as Error).message };
    }
  }
}
