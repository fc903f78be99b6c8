import type { ChunkEntry } from '../format/manifest.ts';

/**
 * So many bytes of `COPY` text are decoded, merged or digested as a whole. What is larger goes through in pieces: memory is
 * bounded by this, whatever a store holds (law 9).
 */
const mostInMemory = 32 * 1024 * 1024;

/** Whether these chunks together are small enough to be held in memory, as stored and decoded. */
export function fitInMemory(
  chunks: readonly Pick<ChunkEntry, 'bytes' | 'copyBytes'>[],
  most = mostInMemory,
): boolean {
  return chunks.reduce((sum, { bytes, copyBytes }) => sum + Math.max(bytes, copyBytes), 0) <= most;
}

/** What a patch is merged with in a run that makes chunks of so many bytes: one of them, at least. */
export function mostToMerge(chunkBytes: number): number {
  return Math.max(mostInMemory, 2 * chunkBytes);
}
