import { chunkPrefix } from '../format/keys.ts';
import type { ChunkEntry } from '../format/manifest.ts';
import type { Store } from '../store/store.ts';

/** The stored sizes, by key, of those of the chunks that are in the store. */
export async function listChunkSizes(
  store: Store,
  chunks: readonly ChunkEntry[],
  signal?: AbortSignal,
): Promise<Map<string, number>> {
  const wanted = new Set(chunks.map(({ key }) => key));
  const sizes = new Map<string, number>();
  for await (const object of store.list(chunkPrefix, { signal })) {
    if (wanted.has(object.key)) sizes.set(object.key, object.bytes);
  }
  return sizes;
}

/**
 * The bytes of a chunk as they lie in the store, whatever a checksum of the store says of them. At most one byte more
 * than the entry promises, so that a far larger object costs nothing (law 8).
 * @throws BackupError E_STORE_OBJECT_MISSING
 */
export async function getRawChunk(
  store: Store,
  entry: ChunkEntry,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  return store.get(entry.key, { range: { first: 0, length: entry.bytes + 1 }, signal });
}
