import { chunkAt, chunkStride } from './chunk-layout.ts';
import { readChunkLine } from './chunk-line.ts';
import type { TableCheck } from './check-table.ts';
import type { EntryBuilder } from './entries.ts';
import { LineCursor } from './line-cursor.ts';
import type { ChunkEntry, RangeEntry } from './manifest.ts';
import { chunkCodec } from './packed-chunks.ts';
import type { EntryCodec } from './packed-entries.ts';
import { newPlace, type PackedPlace } from './packed-place.ts';
import { rangeCodec } from './packed-ranges.ts';
import { rangeStride } from './range-layout.ts';
import { RangeLineReader } from './range-line.ts';

/**
 * Takes the entries that are written as this program writes them from their bytes, without a parser, an object or a string for
 * each: a manifest may have a million of them, and nearly all are.
 */
export class EntryLines {
  readonly #cursor = new LineCursor();
  readonly #chunk = newPlace(chunkStride);
  readonly #range = newPlace(rangeStride);
  readonly #rangeReader = new RangeLineReader();
  /** What of the entry that was taken last does not fit; undefined where all does. */
  misfit: string | undefined;

  /** Where the chunk ends; undefined where it is to be read in another way. */
  chunk(check: TableCheck, builder: EntryBuilder<ChunkEntry>, bytes: Buffer, start: number, end: number) {
    const [cursor, place] = [this.#cursor, this.#chunk];
    cursor.start(bytes, start);
    readChunkLine(cursor, place);
    if (!cursor.isRight || cursor.at > end) return undefined;
    const { view } = place;
    this.misfit = check.namedChunk({
      number: view.getFloat64(chunkAt.number, true),
      kind: place.bytes[chunkAt.kind] === 0 ? 'base' : 'patch',
      rows: view.getFloat64(chunkAt.rows, true),
      copyBytes: view.getFloat64(chunkAt.copyBytes, true),
    });
    addTo(builder, place, chunkCodec);
    return cursor.at;
  }

  /** As `chunk`. */
  range(check: TableCheck, builder: EntryBuilder<RangeEntry>, bytes: Buffer, start: number, end: number) {
    const [cursor, place] = [this.#cursor, this.#range];
    cursor.start(bytes, start);
    this.#rangeReader.read(cursor, place);
    if (!cursor.isRight || cursor.at > end) return undefined;
    this.misfit = check.plainRange(this.#rangeReader);
    addTo(builder, place, rangeCodec);
    return cursor.at;
  }
}

function addTo<T>(builder: EntryBuilder<T>, place: PackedPlace, codec: EntryCodec<T>): void {
  if (builder.addPacked) builder.addPacked(place);
  else builder.add(codec.read(place));
}
