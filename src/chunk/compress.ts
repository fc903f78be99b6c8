import { promisify } from 'node:util';
import { constants as bufferConstants } from 'node:buffer';
import { PassThrough, type Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
  constants,
  createGunzip,
  createGzip,
  createZstdCompress,
  createZstdDecompress,
  gunzip,
  gzip,
  zstdCompress,
  zstdDecompress,
  zstdDecompressSync,
} from 'node:zlib';
import { BackupError, messageOf } from '../core/errors.ts';
import type { Compression } from '../format/columns.ts';

const run = {
  gzip: promisify(gzip),
  gunzip: promisify(gunzip),
  zstdCompress: promisify(zstdCompress),
  zstdDecompress: promisify(zstdDecompress),
};
const zstdWriting = { [constants.ZSTD_c_compressionLevel]: 3, [constants.ZSTD_c_checksumFlag]: 1 };
/** Level 3 looks back 2 MiB; a frame that asks its reader for more than 8 MiB of memory is not ours. */
const zstdReading = { [constants.ZSTD_d_windowLogMax]: 23 };
/** Level 1 is four times as fast as 6, for a tenth more bytes of article text. */
const gzipLevel = 1;
/** zlib hands over its output in pieces of this size, each at the cost of a turn through the thread pool. */
const compressPiece = 256 * 1024;
/** Larger than the pool of Node.js, so that no memory of the pool is taken for one of these. */
const leastPiece = 96 * 1024;
const mostPiece = 32 * 1024 * 1024;
const pieceStep = 256 * 1024;

/** Compresses on the thread pool. `none` gives the body itself. */
export async function compress(body: Uint8Array, compression: Compression): Promise<Uint8Array> {
  if (compression === 'none') return body;
  // Text becomes less than half, and is then one piece.
  const chunkSize = pieceOf(Math.ceil(body.length / 2));
  if (compression === 'gzip')
    return cutToSize(await run.gzip(body, { level: gzipLevel, chunkSize }), chunkSize);
  return cutToSize(await run.zstdCompress(body, { params: zstdWriting, chunkSize }), chunkSize);
}

/**
 * The same bytes in memory of their size. zlib gives a view of the memory that it was told to write into, which nobody could
 * give back: it would wait for a collection. Only memory of exactly that size is zlib's own: small bytes may lie in the pool that
 * Node.js shares between buffers, which is to stay as it is.
 */
function cutToSize(bytes: Buffer, chunkSize: number): Buffer {
  const { buffer, byteLength } = bytes;
  if (!(buffer instanceof ArrayBuffer) || buffer.byteLength !== chunkSize || byteLength === chunkSize)
    return bytes;
  const own = Buffer.from(Uint8Array.from(bytes).buffer);
  buffer.transfer(0);
  return own;
}

/**
 * Memory for so many bytes, but not of any size: what one chunk frees fits the next, and does not become a hole that is a little
 * too small.
 */
function pieceOf(bytes: number): number {
  const most = Math.max(leastPiece, Math.min(bytes, mostPiece));
  return most > pieceStep ? Math.ceil(most / pieceStep) * pieceStep : most;
}

/**
 * Undoes `compress` on the thread pool; `none` gives `stored` itself. Anything else is in memory of its own, which may have room
 * behind it (`releaseWithRoom`), unless it is small.
 *
 * @param usualBytes what comes of it, most likely: more is no error, but takes longer
 * @throws BackupError `E_CHUNK_DAMAGED` where `stored` is damaged, cut short, or holds more than `maxBytes`; memory
 * stays near that even then.
 */
export async function decompress(
  stored: Uint8Array,
  compression: Compression,
  maxBytes: number,
  usualBytes = maxBytes,
): Promise<Uint8Array> {
  const limit = Math.min(Math.max(maxBytes, 1), bufferConstants.MAX_LENGTH - 1);
  const chunkSize = pieceOf(Math.min(limit + 1, usualBytes + 1, stored.length * 8));
  const options = { maxOutputLength: limit, chunkSize };
  try {
    if (compression === 'gzip') return await run.gunzip(stored, options);
    if (compression === 'zstd') return await run.zstdDecompress(stored, { ...options, params: zstdReading });
    if (stored.length > maxBytes) throw new RangeError(`${stored.length} bytes`);
    return stored;
  } catch (cause) {
    const problem = cause instanceof RangeError ? `holds more than ${maxBytes} bytes` : messageOf(cause);
    throw new BackupError('E_CHUNK_DAMAGED', `${compression}: ${problem}`, { cause });
  }
}

/**
 * As `decompress`, of what was compressed a moment ago, to prove it. zstd runs on the calling thread, for it takes 2 ms for a chunk:
 * on the thread pool, each thread there would keep memory for it.
 *
 * @param bytes what must come of it: more is damage
 */
export async function decompressAgain(
  stored: Uint8Array,
  compression: Compression,
  bytes: number,
): Promise<Uint8Array> {
  if (compression !== 'zstd') return decompress(stored, compression, bytes);
  const maxOutputLength = Math.max(bytes, 1);
  return zstdDecompressSync(stored, {
    maxOutputLength,
    chunkSize: pieceOf(maxOutputLength + 1),
    params: zstdReading,
  });
}

/** As `compress`, of what is written to the stream. */
export function compressor(compression: Compression): Transform {
  if (compression === 'none') return new PassThrough();
  if (compression === 'gzip') return createGzip({ level: gzipLevel, chunkSize: compressPiece });
  return createZstdCompress({ params: zstdWriting, chunkSize: compressPiece });
}

/**
 * As `decompress`, piece by piece, in memory of a few of them.
 *
 * @throws BackupError `E_CHUNK_DAMAGED` where `stored` is damaged, cut short, or holds more than `maxBytes`; other
 * failures of `stored` as they are
 */
export async function* decompressPieces(
  stored: AsyncIterable<Uint8Array>,
  compression: Compression,
  maxBytes: number,
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const piece of compression === 'none' ? stored : through(stored, decompressor(compression))) {
    bytes += piece.length;
    if (bytes > maxBytes)
      throw new BackupError('E_CHUNK_DAMAGED', `${compression}: holds more than ${maxBytes} bytes`);
    yield piece;
  }
}

function decompressor(compression: 'gzip' | 'zstd'): Transform {
  if (compression === 'gzip') return createGunzip({ chunkSize: compressPiece });
  return createZstdDecompress({ params: zstdReading, chunkSize: compressPiece });
}

/** What comes out of the stream. A failure of the stream itself is damage. */
async function* through(
  pieces: AsyncIterable<Uint8Array>,
  stream: Transform,
): AsyncGenerator<Uint8Array, void, undefined> {
  const source = { failure: undefined as { readonly error: unknown } | undefined };
  const watched = async function* () {
    try {
      yield* pieces;
    } catch (error) {
      source.failure = { error };
      throw error;
    }
  };
  const fed = pipeline(watched, stream, { end: true });
  fed.catch(() => {});
  try {
    yield* stream as AsyncIterable<Uint8Array>;
  } catch (cause) {
    if (source.failure) throw source.failure.error;
    throw new BackupError('E_CHUNK_DAMAGED', messageOf(cause), { cause });
  } finally {
    stream.destroy();
    await fed.catch(() => {});
  }
}
