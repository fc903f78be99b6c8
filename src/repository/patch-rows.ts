import { splitRows } from '../chunk/split-rows.ts';
import { chunkNamed, type ChunkLookup } from '../format/chunk-lookup.ts';
import type { ChunkEntry, ManifestTable, PatchSlice, RangeEntry } from '../format/manifest.ts';

/** A chunk of a restore point, with the table whose rows it holds. */
export interface UsedChunk {
  readonly entry: ChunkEntry;
  readonly table: ManifestTable;
}

/** Rows of a chunk. */
export interface UsedSlice extends Pick<PatchSlice, 'first' | 'rows'> {
  readonly chunk: UsedChunk;
}

/** The patches of a range, oldest first. */
export function patchesOf({ patches }: RangeEntry, table: ManifestTable, chunks: ChunkLookup): UsedSlice[] {
  return patches.map(({ chunk, first, rows }) => ({
    chunk: { entry: chunkNamed(chunks, chunk), table },
    first,
    rows,
  }));
}

/** Opened patch chunks take so much memory at most, and one of them. */
const mostBytes = 64 * 1024 * 1024;

/** Opens patch chunks. */
export interface OpensPatches {
  /** The proved `COPY` text of a chunk; what it throws is thrown for each range. */
  open(chunk: UsedChunk): Promise<Uint8Array>;
  /** Takes its memory back: not left to the garbage collector, which a thread that handles little but large buffers hardly needs. */
  letGo(copyText: Uint8Array): void;
}

interface OpenText {
  readonly copyText: Uint8Array;
  /** As `splitRows` gives it. */
  readonly starts: Uint32Array;
}

interface Kept {
  readonly bytes: number;
  readonly text: Promise<OpenText>;
  /** Who cuts rows out of it, or waits for it. */
  users: number;
}

/**
 * The rows of patch chunks. One chunk patches many neighbouring ranges, which are read in their order: those used last are kept
 * open, so that each is fetched, proved and decoded about once. Bounded (law 9): twice what a range needs, as its neighbours'
 * chunks end elsewhere.
 */
export class PatchRows {
  readonly #opener: OpensPatches;
  readonly #kept = new Map<string, Kept>();
  #bytes = 0;

  constructor(opener: OpensPatches) {
    this.#opener = opener;
  }

  /** Copies of the rows of a range's patches, one patch after the other. */
  async *rowsOf(patches: readonly UsedSlice[]): AsyncGenerator<Uint8Array> {
    const needed = new Map(patches.map(({ chunk: { entry } }) => [entry.key, entry.copyBytes]));
    const most = Math.min(mostBytes, 2 * [...needed.values()].reduce((sum, bytes) => sum + bytes, 0));
    for (const { chunk, first, rows } of patches) {
      const kept = this.#use(chunk, most);
      try {
        const { copyText, starts } = await kept.text;
        const end = copyText.length;
        yield Uint8Array.from(copyText.subarray(starts[first] ?? end, starts[first + rows] ?? end));
      } finally {
        kept.users -= 1;
        this.#letGoUnused(chunk.entry.key, kept);
      }
    }
  }

  #use(chunk: UsedChunk, most: number): Kept {
    const { key, copyBytes } = chunk.entry;
    const kept = this.#kept.get(key) ?? { bytes: copyBytes, text: this.#openText(chunk), users: 0 };
    kept.users += 1;
    if (!this.#kept.delete(key)) this.#bytes += copyBytes;
    // Newest last: the first is the one that was not used for the longest time.
    this.#kept.set(key, kept);
    for (const [oldest, other] of this.#kept) {
      if (this.#bytes <= most || oldest === key) break;
      this.#drop(oldest, other);
      this.#letGoUnused(oldest, other);
    }
    return kept;
  }

  async #openText(chunk: UsedChunk): Promise<OpenText> {
    try {
      const copyText = await this.#opener.open(chunk);
      return { copyText, starts: splitRows(copyText) };
    } catch (error) {
      // Who asks again gets another try: bytes may have been changed on their way.
      const kept = this.#kept.get(chunk.entry.key);
      if (kept) this.#drop(chunk.entry.key, kept);
      throw error;
    }
  }

  #drop(key: string, { bytes }: Kept): void {
    this.#kept.delete(key);
    this.#bytes -= bytes;
  }

  #letGoUnused(key: string, kept: Kept): void {
    if (kept.users > 0 || this.#kept.get(key) === kept) return;
    kept.text.then(
      ({ copyText }) => this.#opener.letGo(copyText),
      () => undefined,
    );
  }
}
