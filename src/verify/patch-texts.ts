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

/** Rows of a chunk. */
export interface ChunkSlice {
  readonly chunk: UsedChunk;
  readonly slice: PatchSlice;
}

/**
 * The rows of patch chunks. One chunk patches many neighbouring ranges, so the chunks used last are kept open, within
 * bounds (law 9): twice what a range needs, as its neighbours' chunks end elsewhere.
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

  /** Copies of the rows of a range's patches, one after the other; undefined where one of the chunks is damaged. */
  async ofRange(patches: readonly ChunkSlice[]): Promise<Uint8Array[] | undefined> {
    const needed = new Map(patches.map(({ chunk: { entry } }) => [entry.key, entry.copyBytes]));
    const most = Math.min(mostBytes, 2 * [...needed.values()].reduce((sum, bytes) => sum + bytes, 0));
    const texts: (Uint8Array | undefined)[] = [];
    for (const patch of patches) texts.push(await this.#slice(patch, most));
    const sound = texts.filter((text) => text !== undefined);
    return sound.length < texts.length ? undefined : sound;
  }

  async #slice({ chunk, slice: { first, rows } }: ChunkSlice, most: number): Promise<Uint8Array | undefined> {
    const patch = await this.#get(chunk, most);
    if (!patch) return undefined;
    const { copyText, starts } = patch;
    return Uint8Array.from(copyText.subarray(starts[first], starts[first + rows]));
  }

  #get(chunk: UsedChunk, most: number): Promise<OpenPatch | undefined> {
    const { key, copyBytes } = chunk.entry;
    const kept = this.#patches.get(key) ?? { bytes: copyBytes, patch: this.#openPatch(chunk) };
    if (!this.#patches.delete(key)) this.#bytes += copyBytes;
    // Newest last: the first is the one that was not used for the longest time.
    this.#patches.set(key, kept);
    for (const [oldest, { bytes }] of this.#patches) {
      if (this.#bytes <= most || oldest === key) break;
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
