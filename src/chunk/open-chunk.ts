import { BackupError, messageOf } from '../core/errors.ts';
import { releaseWithRoom } from '../core/release-memory.ts';
import type { ColumnFormat } from '../format/columns.ts';
import type { ChunkEntry } from '../format/manifest.ts';
import { decompress } from './compress.ts';
import { decodeRows } from './decode-rows.ts';
import { digestRows, sha256 } from './digest-rows.ts';
import { jsonBytes } from './row-layout.ts';

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
  requireEqual(entry, 'size', stored.length, entry.bytes);
  requireEqual(entry, 'SHA-256', sha256(stored), entry.sha256);
  const copyText = await decodeStored(stored, entry, columns);
  requireEqual(entry, 'size as COPY text', copyText.length, entry.copyBytes);
  const { rows, copySha256, digest } = digestRows(copyText);
  requireEqual(entry, 'number of rows', rows, entry.rows);
  requireEqual(entry, 'SHA-256 as COPY text', copySha256, entry.copySha256);
  requireEqual(entry, 'content digest', digest, entry.digest);
  return copyText;
}

async function decodeStored(
  stored: Uint8Array,
  entry: ChunkEntry,
  columns: readonly ColumnFormat[],
): Promise<Buffer> {
  try {
    const { most, usual } = jsonBytes(entry.rows, entry.copyBytes, columns);
    const json = await decompress(stored, entry.compression, most, usual);
    const copyText = decodeRows(json, columns);
    if (json !== stored) releaseWithRoom(json);
    return copyText;
  } catch (cause) {
    throw new BackupError('E_CHUNK_DAMAGED', `chunk ${entry.key}: ${messageOf(cause)}`, { cause });
  }
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
