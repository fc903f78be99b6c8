import { chunkNumber, chunkPrefix } from '../format/keys.ts';
import type { ChunkEntry } from '../format/manifest.ts';
import { findNumber } from '../format/find-number.ts';
import { TextTable } from '../format/text-table.ts';
import type { GetOptions, Store } from '../store/store.ts';

/** Lists the stored sizes of those of the chunks that are in the store. */
export async function listChunkSizes(
  store: Store,
  chunks: Iterable<ChunkEntry>,
  signal?: AbortSignal,
): Promise<StoredSizes> {
  const sizes = new StoredSizes(chunks);
  for await (const object of store.list(chunkPrefix, { signal })) sizes.add(object.key, object.bytes);
  return sizes;
}

/** Sizes of chunks, in 20 bytes for each that is asked for. */
export class StoredSizes {
  /** Ascending. */
  readonly #numbers: Float64Array;
  /** Of the first object of that number; NaN where there is none. */
  readonly #sizes: Float64Array;
  /** What stands behind the number in its key. */
  readonly #ends: Uint32Array;
  readonly #texts = new TextTable();
  /** Of further objects of those numbers, by key. */
  readonly #others = new Map<string, number>();

  constructor(chunks: Iterable<ChunkEntry>) {
    const numbers: number[] = [];
    for (const { number } of chunks) numbers.push(number);
    this.#numbers = Float64Array.from(numbers).sort();
    this.#sizes = new Float64Array(numbers.length).fill(NaN);
    this.#ends = new Uint32Array(numbers.length);
  }

  add(key: string, bytes: number): void {
    const index = findNumber(this.#numbers, chunkNumber(key) ?? -1);
    if (index === undefined) return;
    if (!Number.isNaN(this.#sizes[index])) this.#others.set(key, bytes);
    else {
      this.#sizes[index] = bytes;
      this.#ends[index] = this.#texts.add(endOf(key));
    }
  }

  get({ number, key }: Pick<ChunkEntry, 'number' | 'key'>): number | undefined {
    const index = findNumber(this.#numbers, number);
    if (index === undefined || Number.isNaN(this.#sizes[index])) return undefined;
    const isSame = this.#texts.at(this.#ends[index] ?? 0) === endOf(key);
    return isSame ? this.#sizes[index] : this.#others.get(key);
  }
}

/** A key is told by its number and this. */
function endOf(key: string): string {
  return key.slice(key.lastIndexOf('/')).replace(/^\/chunk_\d+/, '');
}

/**
 * The bytes of a chunk as they lie in the store, whatever a checksum of the store says of them. At most one byte more
 * than the entry promises, so that a far larger object costs nothing (law 8).
 * @throws BackupError E_STORE_OBJECT_MISSING
 */
export async function getRawChunk(
  store: Store,
  entry: ChunkEntry,
  signal?: AbortSignal,
  memory?: Pick<GetOptions, 'into'>,
): Promise<Uint8Array> {
  return store.get(entry.key, { range: { first: 0, length: entry.bytes + 1 }, signal, ...memory });
}
