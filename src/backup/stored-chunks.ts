import type { ChunkEntry, ChunkKind, RangeEntry } from '../format/manifest.ts';

/**
 * The chunks that the store has of a table, by their content: rows that were read anew and are in one of them already
 * need not be shipped again. Each is given to one range only, so that rows that stand twice in a table stand twice in
 * the files.
 */
export class StoredChunks {
  readonly #byContent = new Map<string, ChunkEntry[]>();
  readonly #taken: Set<number>;

  /** @param taken numbers of chunks that ranges keep in any case */
  constructor(chunks: Iterable<ChunkEntry>, taken: Iterable<number>) {
    this.#taken = new Set(taken);
    for (const chunk of chunks) {
      const name = contentName(chunk.kind, chunk);
      const same = this.#byContent.get(name);
      if (same) same.push(chunk);
      else this.#byContent.set(name, [chunk]);
    }
  }

  /** The chunk that holds exactly these rows in this order, proved by the SHA-256 of their `COPY` text. */
  take(
    kind: ChunkKind,
    rows: Pick<ChunkEntry, 'copySha256' | 'rows'>,
    preferred?: number,
  ): ChunkEntry | undefined {
    const same = this.#byContent.get(contentName(kind, rows)) ?? [];
    const free = same.filter(({ number }) => !this.#taken.has(number));
    const chunk = free.find(({ number }) => number === preferred) ?? free[0];
    if (chunk) this.#taken.add(chunk.number);
    return chunk;
  }

  /** Takes the chunks of a range that stays as it is; false where another range has one of them by now. */
  takeAll({ base, patches }: RangeEntry): boolean {
    if (this.#taken.has(base)) return false;
    this.#taken.add(base);
    for (const { chunk } of patches) this.#taken.add(chunk);
    return true;
  }
}

function contentName(kind: ChunkKind, { copySha256, rows }: Pick<ChunkEntry, 'copySha256' | 'rows'>): string {
  return `${kind} ${copySha256} ${rows}`;
}
