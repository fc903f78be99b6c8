import type { Entries } from './entries.ts';
import { findNumber } from './find-number.ts';
import type { ChunkEntry } from './manifest.ts';
import { PackedEntries } from './packed-entries.ts';

/** Chunks of a table by number. A map is one. */
export interface ChunkLookup {
  readonly size: number;
  has(number: number): boolean;
  get(number: number): ChunkEntry | undefined;
  values(): Iterable<ChunkEntry>;
}

/** The chunks by number, no two of which have the same one. Of packed ones it holds eight or twelve bytes each. */
export function chunksByNumber(chunks: Entries<ChunkEntry>): ChunkLookup {
  if (!(chunks instanceof PackedEntries))
    return new Map(Array.from(chunks, (chunk) => [chunk.number, chunk]));
  const packed: PackedEntries<ChunkEntry> = chunks;
  const numbers = new Float64Array(packed.length);
  packed.scan((fixed, at, index) => {
    numbers[index] = fixed.readDoubleLE(at);
  });
  const isSorted = numbers.every((number, index) => index === 0 || number > (numbers[index - 1] ?? 0));
  const order = isSorted
    ? undefined
    : Uint32Array.from(numbers.keys()).sort((a, b) => (numbers[a] ?? 0) - (numbers[b] ?? 0));
  return new PackedLookup(
    packed,
    order ? Float64Array.from(order, (index) => numbers[index] ?? 0) : numbers,
    order,
  );
}

class PackedLookup implements ChunkLookup {
  readonly #chunks: PackedEntries<ChunkEntry>;
  /** Ascending. */
  readonly #numbers: Float64Array;
  /** Position of each of the numbers among the chunks; undefined where it is the same. */
  readonly #order: Uint32Array | undefined;

  constructor(chunks: PackedEntries<ChunkEntry>, numbers: Float64Array, order: Uint32Array | undefined) {
    this.#chunks = chunks;
    this.#numbers = numbers;
    this.#order = order;
  }

  get size(): number {
    return this.#numbers.length;
  }

  has(number: number): boolean {
    return findNumber(this.#numbers, number) !== undefined;
  }

  get(number: number): ChunkEntry | undefined {
    const found = findNumber(this.#numbers, number);
    return found === undefined ? undefined : this.#chunks.at(this.#order?.[found] ?? found);
  }

  values(): Iterable<ChunkEntry> {
    return this.#chunks;
  }
}
