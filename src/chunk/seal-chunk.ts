import pLimit from 'p-limit';
import { BackupError, messageOf } from '../core/errors.ts';
import { releaseWithRoom } from '../core/release-memory.ts';
import type { ColumnFormat, Compression } from '../format/columns.ts';
import type { ChunkEntry } from '../format/manifest.ts';
import { compress, decompress } from './compress.ts';
import { decodedDifference } from './decode-rows.ts';
import { digestRows, sha256 } from './digest-rows.ts';
import { encodeRows } from './encode-rows.ts';
import { placeInCopyText } from './place.ts';

/** A chunk ready to be put, with what its manifest entry says of it. */
export interface SealedChunk extends Omit<ChunkEntry, 'number' | 'key' | 'kind'> {
  /** The object as it is to be stored; its memory is its own, and may have room behind it, unless it is small. */
  readonly body: Uint8Array;
}

/**
 * So many chunks are compressed and proved at once in a thread, of which there is one for two workers: enough for all cores, and each
 * takes memory for three forms of itself beside zlib's own.
 */
const compressing = pLimit(2);

/**
 * Makes a chunk of rows in `COPY` text, and proves it: what will be stored is decompressed and decoded again, and must
 * give the same text, byte for byte (law 2). Compression runs on the thread pool, all else on the calling thread.
 *
 * @throws BackupError `E_ENCODE`, naming row and column, where a row cannot be encoded or the proof fails.
 */
export async function sealChunk(
  copyText: Uint8Array,
  columns: readonly ColumnFormat[],
  compression: Compression,
): Promise<SealedChunk> {
  const seal = () => sealNow(copyText, columns, compression);
  return compression === 'none' ? seal() : compressing(seal);
}

async function sealNow(
  copyText: Uint8Array,
  columns: readonly ColumnFormat[],
  compression: Compression,
): Promise<SealedChunk> {
  const json = encodeRows(copyText, columns);
  const jsonBytes = json.length;
  const digests = digestRows(copyText);
  const body = await compress(json, compression);
  if (body !== json) releaseWithRoom(json);
  await prove(body, compression, jsonBytes, copyText, columns);
  return {
    body,
    compression,
    bytes: body.length,
    sha256: sha256(body),
    copyBytes: copyText.length,
    ...digests,
  };
}

async function prove(
  body: Uint8Array,
  compression: Compression,
  jsonBytes: number,
  copyText: Uint8Array,
  columns: readonly ColumnFormat[],
): Promise<void> {
  let difference: number;
  try {
    const json = await decompress(body, compression, jsonBytes);
    difference = decodedDifference(json, columns, copyText);
    if (json !== body) releaseWithRoom(json);
  } catch (cause) {
    throw new BackupError('E_ENCODE', `a chunk does not decode again: ${messageOf(cause)}`, { cause });
  }
  if (difference < 0) return;
  const place = placeInCopyText(copyText, difference, columns);
  throw new BackupError('E_ENCODE', `${place}: decodes to other bytes than PostgreSQL sent`);
}
