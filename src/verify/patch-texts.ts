import { splitRows } from '../chunk/split-rows.ts';
import type { PatchSlice } from '../format/manifest.ts';
import type { UsedChunk } from './chunk-use.ts';

interface OpenPatch {
  readonly copyText: Uint8Array;
  /** As `splitRows` gives it. */
  readonly starts: Uint32Array;
}

/** Opened patch chunks take so much memory at most, and one of them. */
const mostBytes = 64 * 1024 * 1024;

/**
 * The rows of patch chunks. One chunk patches many neighbouring ranges, so the chunks used last are kept open, within
 * bounds (law 9).
 */
export class PatchTexts {
  readonly #open: (chunk: UsedChunk) => Promise<Uint8Array | undefined>;
  readonly #patches = new Map<
    string,
    { readonly bytes: number; readonly patch: Promise<OpenPatch | undefined> }
  >();
  #bytes = 0;

  /** @param open gives the proved `COPY` text of a chunk; undefined where it is damaged */
  constructor(open: (chunk: UsedChunk) => Promise<Uint8Array | undefined>) {
    this.#open = open;
  }

  /** A copy of the rows of the slice; undefined where the chunk is damaged. */
  async slice(chunk: UsedChunk, { first, rows }: PatchSlice): Promise<Uint8Array | undefined> {
    const patch = await this.#get(chunk);
    if (!patch) return undefined;
    const { copyText, starts } = patch;
    return Uint8Array.from(copyText.subarray(starts[first], starts[first + rows]));
  }

  #get(chunk: UsedChunk): Promise<OpenPatch | undefined> {
    const { key, copyBytes } = chunk.entry;
    const kept = this.#patches.get(key) ?? { bytes: copyBytes, patch: this.#openPatch(chunk) };
    if (!this.#patches.delete(key)) this.#bytes += copyBytes;
    // Newest last: the first is the one that was not used for the longest time.
    this.#patches.set(key, kept);
    for (const [oldest, { bytes }] of this.#patches) {
      if (this.#bytes <= mostBytes || oldest === key) break;
      this.#patches.delete(oldest);
      this.#bytes -= bytes;
    }
    return kept.patch;
  }

  async #openPatch(chunk: UsedChunk): Promise<OpenPatch | undefined> {
    const copyText = await this.#open(chunk);
    return copyText && { copyText, starts: splitRows(copyText) };
  }
}
