import { ownMemory } from './release-memory.ts';
import { SpareMemory } from './spare-memory.ts';

/** Smaller ones are not worth the way there and back. */
const leastBytes = 1024 * 1024;

/**
 * Memory that chunks are read into here, that moves to a thread with them, and that the thread hands back with its answer: the
 * next chunk is read into it. What a try that failed was given does not come back, as nobody knows who still writes to it.
 */
export class LentMemory {
  readonly #spare = new SpareMemory();
  readonly #lent = new WeakSet<ArrayBufferLike>();

  /** Memory for so many bytes. */
  readonly into = (bytes: number): Uint8Array<ArrayBuffer> => {
    if (bytes < leastBytes) return new Uint8Array(bytes);
    this.#spare.used(bytes);
    const memory = this.#spare.take(bytes);
    this.#lent.add(memory);
    return new Uint8Array(memory, 0, bytes);
  };

  /** What moves with bytes: as `ownMemory`, and what was lent, with the room that is behind the bytes. */
  memoryOf(...all: readonly Uint8Array[]): ArrayBuffer[] {
    const lent = all.map(({ buffer }) => buffer as ArrayBuffer).filter((buffer) => this.#lent.has(buffer));
    return [...new Set([...lent, ...ownMemory(...all)])];
  }

  /** Takes back what was lent. */
  readonly takeBack = (memory: readonly ArrayBuffer[]): void => this.#spare.give(...memory);
}
