import { createHash } from 'node:crypto';
import { BackupError, messageOf } from '../core/errors.ts';
import { releaseWithRoom } from '../core/release-memory.ts';
import type { ColumnFormat } from '../format/columns.ts';
import { formatDigest } from '../format/digest.ts';
import type { ChunkEntry } from '../format/manifest.ts';
import { decompress } from './compress.ts';
import { decodeRows } from './decode-rows.ts';
import { sumRows } from './digest-rows.ts';
import { blockBytes, cutLines } from './in-blocks.ts';
import { requireEqual } from './open-chunk.ts';
import { afterRows } from './place.ts';
import { jsonBytes } from './row-layout.ts';

/**
 * The rows of a chunk that is in memory as `COPY` text, some whole rows at a time: what `openChunk` gives, in the memory of
 * a block rather than of the decoded chunk. The stored bytes are proved before the first block, what they decode to with
 * the last one: until this has ended without an error, nothing that came of it may be committed (law 2).
 *
 * @throws BackupError `E_CHUNK_DAMAGED`, naming the chunk's key and what differs
 */
export async function* openBlocks(
  stored: Uint8Array,
  entry: ChunkEntry,
  columns: readonly ColumnFormat[],
  most = blockBytes,
): AsyncGenerator<Buffer> {
  const json = await proveStored(stored, entry, columns);
  const copyHash = createHash('sha256');
  let [copyBytes, rows, sum] = [0, 0, 0n];
  for (const block of cutLines(json, most)) {
    const copyText = decodeBlock(block, rows, entry, columns);
    copyHash.update(copyText);
    copyBytes += copyText.length;
    const found = sumRows(copyText);
    rows += found.rows;
    sum += found.sum;
    // No more leaves here than was promised (law 8).
    if (copyBytes > entry.copyBytes) requireEqual(entry, 'size as COPY text', copyBytes, entry.copyBytes);
    yield copyText;
  }
  if (json.buffer !== stored.buffer) releaseWithRoom(json);
  requireEqual(entry, 'size as COPY text', copyBytes, entry.copyBytes);
  requireEqual(entry, 'number of rows', rows, entry.rows);
  requireEqual(entry, 'SHA-256 as COPY text', copyHash.digest('hex'), entry.copySha256);
  requireEqual(entry, 'content digest', formatDigest(sum), entry.digest);
}

async function proveStored(
  stored: Uint8Array,
  entry: ChunkEntry,
  columns: readonly ColumnFormat[],
): Promise<Buffer> {
  requireEqual(entry, 'size', stored.length, entry.bytes);
  requireEqual(entry, 'SHA-256', createHash('sha256').update(stored).digest('hex'), entry.sha256);
  try {
    const { most, usual } = jsonBytes(entry.rows, entry.copyBytes, columns);
    const json = await decompress(stored, entry.compression, most, usual);
    return Buffer.from(json.buffer, json.byteOffset, json.byteLength);
  } catch (cause) {
    throw damaged(entry, cause);
  }
}

function decodeBlock(
  block: Uint8Array,
  rowsBefore: number,
  entry: ChunkEntry,
  columns: readonly ColumnFormat[],
): Buffer {
  try {
    return decodeRows(block, columns);
  } catch (error) {
    throw damaged(entry, afterRows(error, rowsBefore));
  }
}

function damaged({ key }: ChunkEntry, cause: unknown): BackupError {
  return new BackupError('E_CHUNK_DAMAGED', `chunk ${key}: ${messageOf(cause)}`, { cause });
}
