import type { KeyDigests } from './read-job.ts';

/** Rows of patch chunks that are kept, some 20 bytes each and their keys: patch chunks hold rows of many ranges, which come one after the other. */
const mostRows = 50_000;

/** What patch chunks hold, each asked for about once. */
export class PatchKeys {
  readonly #chunks = new Map<number, { readonly rows: number; readonly keys: Promise<KeyDigests> }>();
  #rows = 0;

  /** @param read opens the chunk; what it rejects with is not kept */
  async of(number: number, rows: number, read: () => Promise<KeyDigests>): Promise<KeyDigests> {
    const known = this.#chunks.get(number);
    const keys = known?.keys ?? read();
    // The one used last is the last one.
    this.#forget(number);
    this.#chunks.set(number, { rows, keys });
    this.#rows += rows;
    for (const [oldest] of this.#chunks) {
      if (this.#rows <= mostRows || oldest === number) break;
      this.#forget(oldest);
    }
    try {
      return await keys;
    } catch (error) {
      if (this.#chunks.get(number)?.keys === keys) this.#forget(number);
      throw error;
    }
  }

  #forget(number: number): void {
    this.#rows -= this.#chunks.get(number)?.rows ?? 0;
    this.#chunks.delete(number);
  }
}
