import { NumberSet } from '../core/number-set.ts';
import { sizesOf, type ChunkLookup } from '../format/chunk-lookup.ts';
import type { ChunkEntry, ChunkKind, RangeEntry } from '../format/manifest.ts';

/**
 * The chunks that the store has of a table, by their content: rows that were read anew and are in one of them already
 * need not be shipped again. Each is given to one range only, so that rows that stand twice in a table stand twice in
 * the files.
 */
export class StoredChunks {
  readonly #chunks: ChunkLookup;
  /** Most chunks of a large table that changes little are among them. */
  readonly #kept: NumberSet;
  readonly #taken = new NumberSet();
  #free: ReadonlyMap<string, readonly ChunkEntry[]> | undefined;

  /** @param kept numbers of chunks that ranges keep in any case */
  constructor(chunks: ChunkLookup, kept: NumberSet) {
    this.#chunks = chunks;
    this.#kept = kept;
  }

  /** The chunk that holds exactly these rows in this order, proved by the SHA-256 of their `COPY` text. */
  take(
    kind: ChunkKind,
    rows: Pick<ChunkEntry, 'copySha256' | 'rows'>,
    preferred?: number,
  ): ChunkEntry | undefined {
    this.#free ??= this.#freeByContent();
    const same = this.#free.get(contentName(kind, rows)) ?? [];
    const free = same.filter(({ number }) => !this.#isTaken(number));
    const chunk = free.find(({ number }) => number === preferred) ?? free[0];
    if (chunk) this.#taken.add(chunk.number);
    return chunk;
  }

  /** Takes the chunks of a range that stays as it is; false where another range has one of them by now. */
  takeAll({ base, patches }: RangeEntry): boolean {
    if (this.#isTaken(base)) return false;
    this.#taken.add(base);
    for (const { chunk } of patches) this.#taken.add(chunk);
    return true;
  }

  #isTaken(number: number): boolean {
    return this.#taken.has(number) || this.#kept.has(number);
  }

  /** Those that no range keeps. */
  #freeByContent(): Map<string, ChunkEntry[]> {
    const free = new Map<string, ChunkEntry[]>();
    for (const { number } of sizesOf(this.#chunks)) {
      const chunk = this.#kept.has(number) ? undefined : this.#chunks.get(number);
      if (!chunk) continue;
      const name = contentName(chunk.kind, chunk);
      const same = free.get(name);
      if (same) same.push(chunk);
      else free.set(name, [chunk]);
    }
    return free;
  }
}

function contentName(kind: ChunkKind, { copySha256, rows }: Pick<ChunkEntry, 'copySha256' | 'rows'>): string {
  return `${kind} ${copySha256} ${rows}`;
}
