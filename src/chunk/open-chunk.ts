import { releaseWithRoom } from '../core/release-memory.ts';
import type { ColumnFormat } from '../format/columns.ts';
import type { ChunkEntry } from '../format/manifest.ts';
import { decodeRows } from './decode-rows.ts';
import { digestRows } from './digest-rows.ts';
import { damagedChunk, proveStored, requireEqual } from './prove-stored.ts';

/**
 * The rows of a chunk as `COPY` text, after everything its manifest entry says of it was found to hold.
 *
 * @throws BackupError `E_CHUNK_DAMAGED`, naming the chunk's key and what differs. A hostile object costs no more memory
 * than its entry promises rows and bytes (law 8).
 */
export async function openChunk(
  stored: Uint8Array,
  entry: ChunkEntry,
  columns: readonly ColumnFormat[],
): Promise<Buffer> {
  const json = await proveStored(stored, entry, columns);
  const copyText = decode(json, entry, columns);
  if (json.buffer !== stored.buffer) releaseWithRoom(json);
  requireEqual(entry, 'size as COPY text', copyText.length, entry.copyBytes);
  const { rows, copySha256, digest } = digestRows(copyText);
  requireEqual(entry, 'number of rows', rows, entry.rows);
  requireEqual(entry, 'SHA-256 as COPY text', copySha256, entry.copySha256);
  requireEqual(entry, 'content digest', digest, entry.digest);
  return copyText;
}

function decode(json: Uint8Array, entry: ChunkEntry, columns: readonly ColumnFormat[]): Buffer {
  try {
    return decodeRows(json, columns);
  } catch (cause) {
    throw damagedChunk(entry, cause);
  }
}
