import { createHash, type Hash } from 'node:crypto';
import pLimit from 'p-limit';
import { BackupError, messageOf } from '../core/errors.ts';
import { releaseWithRoom } from '../core/release-memory.ts';
import type { SpareMemory } from '../core/spare-memory.ts';
import type { ColumnFormat, Compression } from '../format/columns.ts';
import { formatDigest } from '../format/digest.ts';
import type { ChunkEntry } from '../format/manifest.ts';
import { compress, decompressAgain } from './compress.ts';
import { decodedDifference } from './decode-rows.ts';
import { sha256, sumRows } from './digest-rows.ts';
import { encodeBlock } from './encode-rows.ts';
import { GrowingBytes } from './growing-bytes.ts';
import { cutRows, endOfLines, fileOfLines, linesOf } from './in-blocks.ts';
import { afterRows, placeInCopyText } from './place.ts';

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
 * Makes a chunk of rows in `COPY` text that come in pieces of whole rows, and proves it: what will be stored is decompressed and
 * decoded again, and must give the same text, byte for byte (law 2). All that is kept of a piece is its JSON. Compression
 * runs on the thread pool, all else on the calling thread.
 */
export class ChunkSealer {
  readonly #columns: readonly ColumnFormat[];
  readonly #compression: Compression;
  readonly #spare: SpareMemory;
  readonly #json: GrowingBytes;
  readonly #copyHash: Hash = createHash('sha256');
  readonly #jsonHash: Hash | undefined;
  #copyBytes = 0;
  #rows = 0;
  #sum = 0n;

  /** @param spare for the JSON: the chunk's body, where it is not compressed, lies in memory that was taken out of it */
  constructor(columns: readonly ColumnFormat[], compression: Compression, spare: SpareMemory) {
    this.#columns = columns;
    this.#compression = compression;
    this.#spare = spare;
    this.#json = new GrowingBytes(spare);
    this.#jsonHash = compression === 'none' ? createHash('sha256') : undefined;
  }

  /** Bytes of `COPY` text so far. */
  get copyBytes(): number {
    return this.#copyBytes;
  }

  /**
   * Nothing is kept of the text.
   *
   * @throws BackupError `E_ENCODE`, naming row and column, where a row cannot be encoded or the proof fails
   */
  add(copyText: Uint8Array): void {
    for (const block of copyText.length === 0 ? [] : cutRows(copyText)) {
      try {
        this.#addBlock(block);
      } catch (error) {
        throw afterRows(error, this.#rows);
      }
    }
  }

  #addBlock(block: Uint8Array): void {
    const isFirst = this.#json.length === 0;
    const from = this.#json.length;
    encodeBlock(block, this.#columns, (json) => {
      for (const piece of linesOf(json, isFirst, false)) this.#json.add(piece);
    });
    const { rows, sum } = sumRows(block);
    const stored = this.#json.from(from);
    this.#prove(fileOfLines(stored, isFirst), block);
    this.#jsonHash?.update(stored);
    this.#copyHash.update(block);
    this.#copyBytes += block.length;
    this.#rows += rows;
    this.#sum += sum;
  }

  #prove(json: Uint8Array, copyText: Uint8Array): void {
    const difference = proving(() => decodedDifference(json, this.#columns, copyText, Infinity));
    if (difference < 0) return;
    const place = placeInCopyText(copyText, difference, this.#columns);
    throw new BackupError('E_ENCODE', `${place}: decodes to other bytes than PostgreSQL sent`);
  }

  /** The chunk of all rows; nothing can be added any more. */
  async finish(): Promise<SealedChunk> {
    const end = endOfLines(this.#rows === 0);
    this.#json.add(end);
    this.#jsonHash?.update(end);
    const json = this.#json.end();
    const body = this.#jsonHash ? json : await compressing(() => this.#compress(json));
    return {
      body,
      compression: this.#compression,
      bytes: body.length,
      sha256: this.#jsonHash?.digest('hex') ?? sha256(body),
      copyBytes: this.#copyBytes,
      rows: this.#rows,
      copySha256: this.#copyHash.digest('hex'),
      digest: formatDigest(this.#sum),
    };
  }

  /** Lets go of what was added, unless it was finished: that is its caller's. */
  abandon(): void {
    this.#json.clear();
  }

  /** That the JSON decodes to the rows is proved: what comes out of the compressed form must be the same. */
  async #compress(json: Buffer): Promise<Uint8Array> {
    const body = await compress(json, this.#compression);
    const again = await decompressAgain(body, this.#compression, json.length).catch((cause: unknown) => {
      throw notAgain(cause);
    });
    if (!json.equals(again)) throw notAgain('it decompresses to other bytes');
    releaseWithRoom(again);
    this.#spare.give(json.buffer as ArrayBuffer);
    return body;
  }
}

function proving<T>(decode: () => T): T {
  try {
    return decode();
  } catch (cause) {
    throw notAgain(cause);
  }
}

function notAgain(cause: unknown): BackupError {
  return new BackupError('E_ENCODE', `a chunk does not decode again: ${messageOf(cause)}`, { cause });
}
