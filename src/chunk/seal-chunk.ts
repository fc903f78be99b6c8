import { SpareMemory } from '../core/spare-memory.ts';
import type { ColumnFormat, Compression } from '../format/columns.ts';
import { ChunkSealer, type SealedChunk } from './chunk-sealer.ts';

/**
 * Makes a chunk of rows in `COPY` text, and proves it, as `ChunkSealer` does.
 *
 * @throws BackupError `E_ENCODE`, naming row and column, where a row cannot be encoded or the proof fails.
 */
export async function sealChunk(
  copyText: Uint8Array,
  columns: readonly ColumnFormat[],
  compression: Compression,
): Promise<SealedChunk> {
  const sealer = new ChunkSealer(columns, compression, new SpareMemory());
  sealer.add(copyText);
  return sealer.finish();
}
