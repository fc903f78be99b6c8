import { createHash } from 'node:crypto';
import { BackupError, messageOf } from '../core/errors.ts';
import type { ColumnFormat } from '../format/columns.ts';
import type { ChunkEntry } from '../format/manifest.ts';
import { decompressPieces } from './compress.ts';
import { requireEqual } from './prove-stored.ts';
import { mostJsonBytes } from './row-layout.ts';
import { RowsDecoder } from './rows-decoder.ts';
import { RowsSum } from './rows-sum.ts';

/** What an entry says of a chunk's content. */
export type ChunkFacts = Omit<ChunkEntry, 'number' | 'kind'>;

/**
 * The rows of a chunk as `COPY` text, in pieces that end anywhere, for a chunk that memory should not hold at once (law 9).
 * All that its manifest entry says of it is checked as `openChunk` does, but some of it at the end only: until this has
 * ended without an error, nothing that came of it may be committed (law 2).
 *
 * @throws BackupError `E_CHUNK_DAMAGED`, naming the chunk's key and what differs; failures of `stored` as they are
 */
export async function* openPieces(
  stored: AsyncIterable<Uint8Array>,
  entry: ChunkFacts,
  columns: readonly ColumnFormat[],
): AsyncGenerator<Uint8Array> {
  const object = new ObjectCheck(entry);
  const rows = new RowsSum();
  const copyHash = createHash('sha256');
  let copyBytes = 0;
  for await (const piece of decodePieces(object.watch(stored), entry, columns)) {
    copyBytes += piece.length;
    // No more leaves here than was promised, however small the object is (law 8).
    if (copyBytes > entry.copyBytes) requireEqual(entry, 'size as COPY text', copyBytes, entry.copyBytes);
    copyHash.update(piece);
    rows.update(piece);
    yield piece;
  }
  object.finish();
  requireEqual(entry, 'size as COPY text', copyBytes, entry.copyBytes);
  const found = rows.result();
  requireEqual(entry, 'number of rows', found.rows, entry.rows);
  requireEqual(entry, 'SHA-256 as COPY text', copyHash.digest('hex'), entry.copySha256);
  requireEqual(entry, 'content digest', found.digest, entry.digest);
}

/** Size and SHA-256 of the object as stored. */
class ObjectCheck {
  readonly #entry: ChunkFacts;
  readonly #hash = createHash('sha256');
  #bytes = 0;

  constructor(entry: ChunkFacts) {
    this.#entry = entry;
  }

  async *watch(stored: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const piece of stored) {
      this.#bytes += piece.length;
      if (this.#bytes > this.#entry.bytes)
        requireEqual(this.#entry, 'size', `more than ${this.#entry.bytes}`, this.#entry.bytes);
      this.#hash.update(piece);
      yield piece;
    }
    // A changed object is told as such, rather than by what became of its rows.
    this.finish();
  }

  finish(): void {
    requireEqual(this.#entry, 'size', this.#bytes, this.#entry.bytes);
    requireEqual(this.#entry, 'SHA-256', this.#hash.copy().digest('hex'), this.#entry.sha256);
  }
}

async function* decodePieces(
  stored: AsyncIterable<Uint8Array>,
  entry: ChunkFacts,
  columns: readonly ColumnFormat[],
): AsyncGenerator<Uint8Array> {
  const maxBytes = mostJsonBytes(entry.rows, entry.copyBytes, columns);
  const decoder = new RowsDecoder(columns);
  try {
    for await (const piece of decompressPieces(stored, entry.compression, maxBytes))
      yield* decoder.write(piece);
    yield* decoder.end();
  } catch (cause) {
    const isDamage = cause instanceof BackupError && cause.code === 'E_CHUNK_DAMAGED';
    if (!isDamage || cause.message.startsWith(`chunk ${entry.key}`)) throw cause;
    throw new BackupError('E_CHUNK_DAMAGED', `chunk ${entry.key}: ${messageOf(cause)}`, { cause });
  }
}
