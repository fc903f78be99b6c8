import { BugError } from '../core/errors.ts';
import type { Entries } from './entries.ts';
import type { ChunkEntry } from './manifest.ts';
import { numberOfChunk, packedSizes, type ChunkSize } from './packed-chunks.ts';
import { PackedEntries } from './packed-entries.ts';
import { PackedNumbers } from './packed-numbers.ts';
import type { PackedPlace } from './packed-place.ts';

/** Chunks of a table by number. A map is one. */
export interface ChunkLookup {
  readonly size: number;
  has(number: number): boolean;
  get(number: number): ChunkEntry | undefined;
  values(): Iterable<ChunkEntry>;
  /** Where the chunk lies packed, until the next one is looked up; undefined where it is none, or not packed. */
  placeOf?(number: number): PackedPlace | undefined;
  /** Of each chunk, until the next one is asked for, without unpacking any; missing where they are not packed. */
  sizes?(): Iterable<ChunkSize>;
}

/** The chunk that a range names: a manifest that was read, or is being made, has it. */
export function chunkNamed(chunks: ChunkLookup, number: number): ChunkEntry {
  const entry = chunks.get(number);
  if (!entry) throw new BugError(`the manifest lacks chunk ${number}`);
  return entry;
}

/** What is counted of each chunk, until the next one is asked for. */
export function sizesOf(chunks: Pick<ChunkLookup, 'values' | 'sizes'>): Iterable<ChunkSize> {
  return chunks.sizes?.() ?? chunks.values();
}

/** The chunks by number, no two of which have the same one. Of packed ones it holds a few bytes each. */
export function chunksByNumber(chunks: Entries<ChunkEntry>): ChunkLookup {
  if (!(chunks instanceof PackedEntries))
    return new Map(Array.from(chunks, (chunk) => [chunk.number, chunk]));
  const packed: PackedEntries<ChunkEntry> = chunks;
  const numbers = new PackedNumbers();
  for (const place of packed.places()) numbers.add(numberOfChunk(place));
  if (numbers.isAscending) return new PackedLookup(packed, numbers, undefined);
  const order = Uint32Array.from({ length: numbers.length }, (_, index) => index);
  order.sort((a, b) => numbers.at(a) - numbers.at(b));
  const sorted = new PackedNumbers();
  for (const index of order) sorted.add(numbers.at(index));
  return new PackedLookup(packed, sorted, order);
}

class PackedLookup implements ChunkLookup {
  readonly #chunks: PackedEntries<ChunkEntry>;
  /** Ascending. */
  readonly #numbers: PackedNumbers;
  /** Position of each of the numbers among the chunks; undefined where it is the same. */
  readonly #order: Uint32Array | undefined;

  constructor(chunks: PackedEntries<ChunkEntry>, numbers: PackedNumbers, order: Uint32Array | undefined) {
    this.#chunks = chunks;
    this.#numbers = numbers;
    this.#order = order;
  }

  get size(): number {
    return this.#numbers.length;
  }

  has(number: number): boolean {
    return this.#numbers.find(number) >= 0;
  }

  get(number: number): ChunkEntry | undefined {
    const found = this.#numbers.find(number);
    return found < 0 ? undefined : this.#chunks.at(this.#order?.[found] ?? found);
  }

  placeOf(number: number): PackedPlace | undefined {
    const found = this.#numbers.find(number);
    return this.#chunks.placeOf(this.#order?.[found] ?? found);
  }

  values(): Iterable<ChunkEntry> {
    return this.#chunks;
  }

  sizes(): Iterable<ChunkSize> {
    return packedSizes(this.#chunks.places());
  }
}
