import type { SpareMemory } from '../core/spare-memory.ts';

/** Grows by this share: memory is copied some times until it is known how much a chunk takes. */
const growth = 1.25;
const empty = Buffer.alloc(0);

/** Bytes that come in pieces, nobody knows how many, one after the other in spare memory. */
export class GrowingBytes {
  readonly #spare: SpareMemory;
  #memory = empty;
  #length = 0;

  constructor(spare: SpareMemory) {
    this.#spare = spare;
  }

  add(piece: Uint8Array): void {
    const length = this.#length + piece.length;
    if (length > this.#memory.length) this.#grow(length);
    this.#memory.set(piece, this.#length);
    this.#length = length;
  }

  /** Bytes so far. */
  get length(): number {
    return this.#length;
  }

  /** Those from `start` on: a view, which the next `add` may move. */
  from(start: number): Buffer {
    return this.#memory.subarray(start, this.#length);
  }

  /**
   * All of them, in an array buffer of their own: that of the spare memory, where they fill half of it, else one of their size.
   * What is added then begins anew.
   */
  end(): Buffer {
    const bytes = this.from(0);
    this.#spare.used(bytes.length);
    if (bytes.length * 2 > this.#memory.length) {
      this.#memory = empty;
      this.#length = 0;
      return bytes;
    }
    const own = Buffer.allocUnsafeSlow(bytes.length);
    own.set(bytes);
    this.clear();
    return own;
  }

  /** Lets everything go; the memory is spare again. */
  clear(): void {
    if (this.#memory !== empty) this.#spare.give(this.#memory.buffer);
    this.#memory = empty;
    this.#length = 0;
  }

  /** Others learn from it: all of them grow by larger and larger pieces, which the allocator gives back as a whole. */
  #grow(bytes: number): void {
    const before = this.#memory;
    const wanted = before.length === 0 ? bytes : Math.max(bytes, before.length * growth);
    this.#spare.used(wanted);
    this.#memory = Buffer.from(this.#spare.take(wanted));
    this.#memory.set(before.subarray(0, this.#length));
    if (before !== empty) before.buffer.transfer(0);
  }
}
