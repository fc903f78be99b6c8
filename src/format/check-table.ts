import { ChunkFigures } from './chunk-figures.ts';
import { DigestSum } from './digest.ts';
import { chunkNumber, isNamedByCompression } from './keys.ts';
import type { ChunkEntry, ManifestTable, RangeEntry } from './manifest.ts';

type ChunkCounts = Pick<ChunkEntry, 'number' | 'kind' | 'rows' | 'copyBytes'>;
type RangeUse = Pick<RangeEntry, 'rows' | 'base' | 'patches'>;

/** What is checked of a range without recent rows. */
export interface PlainRange extends RangeUse {
  /** Values in its bounds; none where one is open. */
  readonly loParts: number;
  readonly hiParts: number;
  /** The halves of its digest. */
  readonly digestHigh: number;
  readonly digestLow: number;
}

/**
 * Whether the parts of a table of a manifest fit together, each of which has passed the schema. A reader may then follow
 * any number without looking whether it leads somewhere (law 8). Entries are given one by one, chunks first, and not kept.
 * Each method gives what does not fit; undefined where all does.
 */
export class TableCheck {
  readonly #lastChunkNumber: number;
  readonly #chunks = new ChunkFigures();
  #keyParts: number | undefined;
  #rows = 0;
  readonly #digest = new DigestSum();

  constructor(lastChunkNumber: number) {
    this.#lastChunkNumber = lastChunkNumber;
  }

  chunk(chunk: ChunkEntry): string | undefined {
    const { number, key, compression } = chunk;
    if (chunkNumber(key) !== number) return `has a chunk ${number} of another number or time: ${key}`;
    if (!isNamedByCompression(key, compression))
      return `has a chunk ${key} that is not named by its compression`;
    return this.namedChunk(chunk);
  }

  /** One whose key is known to be made of its number, a time and its compression. */
  namedChunk({ number, kind, rows, copyBytes }: ChunkCounts): string | undefined {
    // Each row ends in a line feed: what a reader allots memory by must fit what it decodes.
    if (rows > copyBytes) return `has a chunk ${number} of ${rows} rows in ${copyBytes} bytes`;
    if (number > this.#lastChunkNumber)
      return `has chunk ${number}, but the last is ${this.#lastChunkNumber}`;
    this.#chunks.add(number, kind, rows);
    return undefined;
  }

  /** @param keyParts values of a bound; undefined in block ranges */
  endChunks(keyParts: number | undefined): string | undefined {
    this.#keyParts = keyParts;
    return this.#chunks.sort() ? 'names a chunk twice' : undefined;
  }

  range(range: RangeEntry): string | undefined {
    const { lo, hi, recent, rows, digest } = range;
    const misfit = this.#misfitOfChunks(range);
    if (misfit !== undefined) return misfit;
    const isOdd =
      this.#isOdd(lo) || this.#isOdd(hi) || (recent !== null && recent.some(({ key }) => this.#isOdd(key)));
    if (isOdd) return oddBound;
    this.#rows += rows;
    this.#digest.add(digest);
    return undefined;
  }

  /** As `range`. */
  plainRange(range: PlainRange): string | undefined {
    const misfit = this.#misfitOfChunks(range);
    if (misfit !== undefined) return misfit;
    const { loParts, hiParts, rows, digestHigh, digestLow } = range;
    if (this.#isOddCount(loParts) || this.#isOddCount(hiParts)) return oddBound;
    this.#rows += rows;
    this.#digest.addHalves(digestHigh, digestLow);
    return undefined;
  }

  #misfitOfChunks({ base, patches, rows }: RangeUse): string | undefined {
    const baseRows = this.#chunks.rowsOf(base, 'base');
    if (baseRows === undefined) return `lacks base chunk ${base}`;
    let most = baseRows;
    for (const patch of patches) {
      const patchRows = this.#chunks.rowsOf(patch.chunk, 'patch');
      if (patchRows === undefined) return `lacks patch chunk ${patch.chunk}`;
      if (patch.first + patch.rows > patchRows) return `has a patch outside of chunk ${patch.chunk}`;
      most += patch.rows;
    }
    // A patch overrides rows or adds some; it takes none away.
    return rows < baseRows || rows > most ? `has a range of ${rows} rows on base chunk ${base}` : undefined;
  }

  #isOdd(value: RangeEntry['lo']): boolean {
    return value !== null && this.#isOddCount(value.length);
  }

  /** @param parts of a bound; none where it is open */
  #isOddCount(parts: number): boolean {
    return this.#keyParts !== undefined && parts > 0 && parts !== this.#keyParts;
  }

  /** Of the table as a whole, when all entries were given. */
  table({ key, columns, rows, digest }: Omit<ManifestTable, 'chunks' | 'ranges'>): string | undefined {
    const names = new Set(columns.map(({ name }) => name));
    if (names.size !== columns.length) return 'has two columns of one name';
    if (new Set(key).size !== key.length || !key.every((name) => names.has(name)))
      return 'has a key of other columns';
    if (this.#rows !== rows) return `has ${rows} rows, its ranges have ${this.#rows}`;
    return this.#digest.toString() === digest ? undefined : 'has another digest than its ranges';
  }
}

const oddBound = 'has a bound of other parts than its key';
