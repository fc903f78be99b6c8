import { sliceRows } from '../chunk/merge-rows.ts';
import type { ChunkEntry, PatchSlice } from '../format/manifest.ts';

/**
 * The rows of patch chunks. One chunk patches many neighbouring ranges, so those used last are kept open, within bounds
 * (law 9).
 */
export class OpenedPatches {
  readonly #open: (entry: ChunkEntry) => Promise<Uint8Array>;
  readonly #mostBytes: number;
  readonly #texts = new Map<string, { readonly bytes: number; readonly text: Promise<Uint8Array> }>();
  #bytes = 0;

  /**
   * @param open gives the proved `COPY` text of a chunk
   * @param mostBytes of all that are kept; the one used last is kept in any case
   */
  constructor(open: (entry: ChunkEntry) => Promise<Uint8Array>, mostBytes: number) {
    this.#open = open;
    this.#mostBytes = mostBytes;
  }

  /** A copy of the rows of the slice. */
  async slice(entry: ChunkEntry, { first, rows }: PatchSlice): Promise<Uint8Array> {
    return Uint8Array.from(sliceRows(await this.#get(entry), first, rows));
  }

  #get(entry: ChunkEntry): Promise<Uint8Array> {
    const { key, copyBytes } = entry;
    const kept = this.#texts.get(key) ?? { bytes: copyBytes, text: this.#open(entry) };
    if (!this.#texts.delete(key)) this.#bytes += copyBytes;
    // Newest last: the first is the one that was not used for the longest time.
    this.#texts.set(key, kept);
    for (const [oldest, { bytes }] of this.#texts) {
      if (this.#bytes <= this.#mostBytes || oldest === key) break;
      this.#texts.delete(oldest);
      this.#bytes -= bytes;
    }
    return kept.text;
  }
}
