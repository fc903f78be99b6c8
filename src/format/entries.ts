import type { PackedPlace } from './packed-place.ts';

/**
 * Entries of a manifest in their order. An array is one; those of a large manifest are packed, and each is made anew
 * whenever it is asked for: two of the same place are equal, but not the same object.
 */
export interface Entries<T> extends Iterable<T> {
  readonly length: number;
  at(index: number): T | undefined;
  map<U>(change: (entry: T, index: number) => U): U[];
  flatMap<U>(change: (entry: T, index: number) => U | readonly U[]): U[];
  filter(isWanted: (entry: T, index: number) => boolean): T[];
  some(isWanted: (entry: T, index: number) => boolean): boolean;
  reduce<U>(fold: (folded: U, entry: T) => U, first: U): U;
  slice(from: number, to: number): T[];
}

/** Collects entries one by one. */
export interface EntryBuilder<T> {
  add(entry: T): void;
  /** The same for one that is packed; where this is missing, it is unpacked and added. */
  addPacked?(place: PackedPlace): void;
  /** All that were added; no more may follow. */
  finish(): Entries<T>;
}

/** Where packed entries lie: blocks of bytes, put once and in order, and got by their position. */
export interface BlockShelf {
  /** Bytes of the largest block so far. */
  readonly mostBytes: number;
  put(block: Buffer): void;
  /**
   * The bytes of a block, good until the next call.
   *
   * @param spare memory that may be used for them; they are then good as long as it is not used for others
   */
  get(position: number, spare?: Buffer): Buffer;
}
