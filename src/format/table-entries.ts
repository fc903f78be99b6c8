import { NumberSet } from '../core/number-set.ts';
import { chunkAt } from './chunk-layout.ts';
import type { ChunkLookup } from './chunk-lookup.ts';
import { DigestSum } from './digest.ts';
import type { BlockShelf, Entries } from './entries.ts';
import type { ChunkEntry, RangeEntry, RecentRow } from './manifest.ts';
import { chunkCodec } from './packed-chunks.ts';
import { PackedBuilder, PackedEntries } from './packed-entries.ts';
import type { PackedPlace } from './packed-place.ts';
import { eachChunkOf, rangeCodec } from './packed-ranges.ts';
import { rangeAt, recentRows, setAsOf } from './range-layout.ts';

/** Puts together the ranges of a table, in key order, and then the chunks that they need. */
export class TableEntries {
  readonly #newShelf: () => BlockShelf;
  readonly #ranges: PackedBuilder<RangeEntry>;
  readonly #numbers = new NumberSet();
  readonly #digest = new DigestSum();
  readonly #keep = (number: number) => this.#numbers.add(number);
  rows = 0;

  constructor(newShelf: () => BlockShelf) {
    this.#newShelf = newShelf;
    this.#ranges = new PackedBuilder(rangeCodec, newShelf);
  }

  get digest(): string {
    return this.#digest.toString();
  }

  addRange(range: RangeEntry): void {
    this.#ranges.add(range);
    this.rows += range.rows;
    this.#digest.add(range.digest);
    this.#numbers.add(range.base);
    for (const { chunk } of range.patches) this.#numbers.add(chunk);
  }

  /** A range that is as it was, as of another snapshot. A packed one without recent rows is copied as it lies there. */
  addKnown(
    known: Entries<RangeEntry>,
    index: number,
    asOf: string,
    recent: readonly RecentRow[] | null,
  ): void {
    const place = known instanceof PackedEntries ? known.placeOf(index) : undefined;
    if (place && recent?.length === 0 && isPlain(place)) {
      this.#copy(place, asOf);
      return;
    }
    const range = known.at(index);
    if (range) this.addRange({ ...range, asOf, recent });
  }

  #copy(place: PackedPlace, asOf: string): void {
    const { view, at } = place;
    this.#ranges.addPacked(place, (copy, to) => setAsOf(copy, to, asOf));
    this.rows += view.getFloat64(at + rangeAt.rows, true);
    this.#digest.addHalves(view.getUint32(at + rangeAt.digest), view.getUint32(at + rangeAt.digest + 4));
    eachChunkOf(place, this.#keep);
  }

  finishRanges(): Entries<RangeEntry> {
    return this.#ranges.finish();
  }

  /** The chunks, by number, and how many of them are not among those that come first. */
  finishChunks(first: ChunkLookup, others: ChunkLookup): { chunks: Entries<ChunkEntry>; fromOthers: number } {
    const chunks = new PackedBuilder(chunkCodec, this.#newShelf);
    let fromOthers = 0;
    for (const number of this.#numbers) {
      const isFirst = first.has(number);
      if (!isFirst) fromOthers += 1;
      addChunk(chunks, isFirst ? first : others, number);
    }
    return { chunks: chunks.finish(), fromOthers };
  }
}

function addChunk(chunks: PackedBuilder<ChunkEntry>, from: ChunkLookup, number: number): void {
  const place = from.placeOf?.(number);
  if (place) return chunks.addPacked(place);
  const chunk = from.get(number);
  if (chunk) chunks.add(chunk);
}

/** Neither a JSON text nor with recent rows, so that what is left of it is the same as of any snapshot. */
function isPlain({ bytes, at }: PackedPlace): boolean {
  return bytes[at + rangeAt.isJson] === 0 && bytes[at + rangeAt.recent] === recentRows.none;
}

/** Stored bytes of the chunks together. */
export function bytesOfChunks(chunks: Entries<ChunkEntry>): number {
  let total = 0;
  if (chunks instanceof PackedEntries)
    for (const { view, at } of chunks.places()) total += view.getFloat64(at + chunkAt.bytes, true);
  else for (const { bytes } of chunks) total += bytes;
  return total;
}
