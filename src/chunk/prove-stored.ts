import { BackupError, messageOf } from '../core/errors.ts';
import type { ColumnFormat } from '../format/columns.ts';
import type { ChunkEntry } from '../format/manifest.ts';
import { decompress } from './compress.ts';
import { sha256 } from './digest-rows.ts';
import { jsonBytes } from './row-layout.ts';

/**
 * The JSON form of a chunk, once its stored bytes were found to be those that its entry names. Without compression it is the
 * bytes themselves.
 *
 * @throws BackupError `E_CHUNK_DAMAGED`. A hostile object costs no more memory than its entry promises (law 8).
 */
export async function proveStored(
  stored: Uint8Array,
  entry: ChunkEntry,
  columns: readonly ColumnFormat[],
): Promise<Buffer> {
  requireEqual(entry, 'size', stored.length, entry.bytes);
  requireEqual(entry, 'SHA-256', sha256(stored), entry.sha256);
  try {
    const { most, usual } = jsonBytes(entry.rows, entry.copyBytes, columns);
    const json = await decompress(stored, entry.compression, most, usual);
    return Buffer.from(json.buffer, json.byteOffset, json.byteLength);
  } catch (cause) {
    throw damagedChunk(entry, cause);
  }
}

/** What is wrong with the content of a chunk, with the chunk's key. */
export function damagedChunk({ key }: Pick<ChunkEntry, 'key'>, cause: unknown): BackupError {
  return new BackupError('E_CHUNK_DAMAGED', `chunk ${key}: ${messageOf(cause)}`, { cause });
}

/** Of what an entry says of its chunk, and what was found. */
export function requireEqual(
  entry: Pick<ChunkEntry, 'key'>,
  what: string,
  found: number | string,
  expected: number | string,
): void {
  if (found === expected) return;
  throw new BackupError(
    'E_CHUNK_DAMAGED',
    `chunk ${entry.key}: its ${what} is ${found} rather than ${expected}`,
  );
}
