import { ChunkSealer } from '../chunk/chunk-sealer.ts';
import { fieldOf, unescapeField } from '../chunk/fields.ts';
import { hasRoom } from '../core/release-memory.ts';
import type { SpareMemory } from '../core/spare-memory.ts';
import type { ReadRowsJob, SealedRows } from './read-job.ts';

const newline = 0x0a;

/** Seals the rows of a read, one chunk after the other, as they come. */
export class RowSealer {
  readonly #job: ReadRowsJob;
  readonly #spare: SpareMemory;
  #chunk: ChunkSealer;
  #firstKey: readonly string[] = [];
  #lastKey: readonly string[] = [];

  constructor(job: ReadRowsJob, spare: SpareMemory) {
    this.#job = job;
    this.#spare = spare;
    this.#chunk = this.#newChunk();
  }

  #newChunk(): ChunkSealer {
    return new ChunkSealer(this.#job.columns, this.#job.compression, this.#spare);
  }

  /** Bytes of `COPY` text in the chunk under way; 0 where none is. */
  get copyBytes(): number {
    return this.#chunk.copyBytes;
  }

  /** Of the rows so far, those of earlier chunks included. */
  get lastKey(): readonly string[] {
    return this.#lastKey;
  }

  /** @param rows whole ones, of which nothing is kept */
  add(rows: Uint8Array): void {
    if (rows.length === 0) return;
    const { key } = this.#job;
    if (this.copyBytes === 0) this.#firstKey = keyOf(rows, 0, rows.indexOf(newline), key);
    this.#lastKey = lastKeyOf(rows, key);
    this.#chunk.add(rows);
  }

  /** The chunk of the rows since the last one. */
  async finish(): Promise<SealedRows> {
    const chunk = this.#chunk;
    this.#chunk = this.#newChunk();
    const [firstKey, lastKey] = [this.#firstKey, this.#lastKey];
    const { body, rows, bytes, sha256, copyBytes, copySha256, digest } = await chunk.finish();
    const content = hasRoom(body)
      ? new Uint8Array(body.buffer as ArrayBuffer, 0, body.length)
      : ownBuffer(body);
    return { content, rows, bytes, sha256, copyBytes, copySha256, digest, firstKey, lastKey };
  }

  /** Lets go of a chunk that is not to be finished. One that is being finished keeps its memory, whatever becomes of it. */
  abandon(): void {
    this.#chunk.abandon();
  }
}

/** The key of the last of whole rows. */
export function lastKeyOf(rows: Uint8Array, key: readonly number[]): string[] {
  return keyOf(rows, rows.subarray(0, -1).lastIndexOf(newline) + 1, rows.length - 1, key);
}

function keyOf(rows: Uint8Array, start: number, end: number, key: readonly number[]): string[] {
  return key.map((position) => unescapeField(fieldOf(rows, start, end, position)) ?? '');
}

/** The bytes in an array buffer of their own: only such a one can move between threads. */
export function ownBuffer(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer } = bytes;
  if (buffer instanceof ArrayBuffer && buffer.byteLength === bytes.byteLength) return new Uint8Array(buffer);
  return Uint8Array.from(bytes);
}
