import { createHash } from 'node:crypto';
import { releaseWithRoom } from '../core/release-memory.ts';
import type { ColumnFormat } from '../format/columns.ts';
import { formatDigest } from '../format/digest.ts';
import type { ChunkEntry } from '../format/manifest.ts';
import { decodeBlock } from './decode-rows.ts';
import { sumRows } from './digest-rows.ts';
import { blockBytes, cutLines } from './in-blocks.ts';
import { afterRows } from './place.ts';
import { damagedChunk, proveStored, requireEqual } from './prove-stored.ts';
import { joinBlock } from './spare-blocks.ts';

/**
 * The rows of a chunk that is in memory as `COPY` text, some whole rows at a time: what `openChunk` gives, in the memory of
 * a block rather than of the decoded chunk. The stored bytes are proved before the first block, what they decode to with
 * the last one: until this has ended without an error, nothing that came of it may be committed (law 2). Blocks are let go by
 * `releaseBlocks`.
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
    const copyText = decoded(block, rows, entry, columns);
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

function decoded(
  block: Uint8Array,
  rowsBefore: number,
  entry: ChunkEntry,
  columns: readonly ColumnFormat[],
): Buffer {
  try {
    let copyText: Buffer | undefined;
    decodeBlock(block, columns, (bytes) => {
      copyText = joinBlock(bytes);
    });
    return copyText ?? joinBlock();
  } catch (error) {
    throw damagedChunk(entry, afterRows(error, rowsBefore));
  }
}
