import { ByteSink } from '../core/byte-sink.ts';
import type { BlockShelf, Entries, EntryBuilder } from './entries.ts';
import { EntryList } from './entry-list.ts';
import { viewOf, type PackedPlace } from './packed-place.ts';

/** How an entry lies in memory: some bytes of fixed length, and a text. Another list's with the same codec reads it, too. */
export interface EntryCodec<T> {
  readonly stride: number;
  /** Fills the fixed bytes from `at` on, and writes the text. */
  write(entry: T, view: DataView, bytes: Buffer, at: number, text: ByteSink): void;
  read(place: PackedPlace): T;
  /** The line that the entry is in a manifest. */
  writeLine?(place: PackedPlace, line: ByteSink): void;
}

/** Entries of one block. */
const inBlock = 1024;
const endBytes = 4;

/** Collects entries, which are packed at once: what waits would outlive many others, and cost more to be collected. */
export class PackedBuilder<T> implements EntryBuilder<T> {
  readonly #codec: EntryCodec<T>;
  readonly #newShelf: () => BlockShelf;
  readonly #leastToPack: number;
  readonly #stride: number;
  #shelf: BlockShelf | undefined;
  #fixed = Buffer.alloc(0);
  #view = viewOf(this.#fixed);
  readonly #text = new ByteSink();
  /** Entries in the block that is being filled, and in those before it. */
  #inBlock = 0;
  #packed = 0;

  /** @param leastToPack fewer become an array */
  constructor(codec: EntryCodec<T>, newShelf: () => BlockShelf, leastToPack = inBlock) {
    this.#codec = codec;
    this.#newShelf = newShelf;
    this.#leastToPack = leastToPack;
    this.#stride = codec.stride + endBytes;
  }

  add(entry: T): void {
    const at = this.#next();
    this.#codec.write(entry, this.#view, this.#fixed, at, this.#text);
    this.#end(at);
  }

  /** @param change of the fixed bytes, before they are put away */
  addPacked(place: PackedPlace, change?: (view: DataView, at: number) => void): void {
    const at = this.#next();
    const { stride } = this.#codec;
    place.bytes.copy(this.#fixed, at, place.at, place.at + stride);
    change?.(this.#view, at);
    this.#text.copy(place.text, place.textStart, place.textEnd);
    this.#end(at);
  }

  finish(): Entries<T> {
    if (!this.#shelf && this.#inBlock < this.#leastToPack) return this.#unpacked();
    this.#pack();
    return new PackedEntries(this.#codec, this.#shelf ?? this.#newShelf(), this.#packed);
  }

  /** Where the next entry goes. */
  #next(): number {
    if (this.#inBlock === inBlock) this.#pack();
    const at = this.#inBlock * this.#stride;
    if (at + this.#stride > this.#fixed.length) {
      const larger = Buffer.alloc(Math.min(inBlock, Math.max(8, 4 * this.#inBlock)) * this.#stride);
      larger.set(this.#fixed);
      this.#fixed = larger;
      this.#view = viewOf(larger);
    }
    return at;
  }

  #end(at: number): void {
    this.#view.setUint32(at + this.#codec.stride, this.#text.length, true);
    this.#inBlock += 1;
  }

  /** The fixed parts, where the text of each ends behind the fixed parts, and the texts. */
  #pack(): void {
    this.#shelf ??= this.#newShelf();
    const fixedBytes = this.#inBlock * this.#stride;
    const { bytes, length } = this.#text;
    // Memory of its own, of just this size: a small part of a pool would keep all of it.
    const block = Buffer.allocUnsafeSlow(fixedBytes + length);
    this.#fixed.copy(block, 0, 0, fixedBytes);
    bytes.copy(block, fixedBytes, 0, length);
    this.#text.length = 0;
    this.#shelf.put(block);
    this.#packed += this.#inBlock;
    this.#inBlock = 0;
  }

  #unpacked(): T[] {
    const block = { bytes: this.#fixed, view: this.#view, text: this.#text.bytes };
    const entries: T[] = [];
    let textStart = 0;
    for (let index = 0; index < this.#inBlock; index++) {
      const at = index * this.#stride;
      const textEnd = this.#view.getUint32(at + this.#codec.stride, true);
      entries.push(this.#codec.read({ ...block, at, textStart, textEnd }));
      textStart = textEnd;
    }
    return entries;
  }
}

const noBytes = Buffer.alloc(0);

export class PackedEntries<T> extends EntryList<T> {
  readonly codec: EntryCodec<T>;
  readonly #shelf: BlockShelf;
  readonly length: number;
  /** Of the entry that was looked up last. */
  readonly #place = emptyPlace();

  constructor(codec: EntryCodec<T>, shelf: BlockShelf, length: number) {
    super();
    this.codec = codec;
    this.#shelf = shelf;
    this.length = length;
  }

  at(index: number): T | undefined {
    const place = this.placeOf(index < 0 ? index + this.length : index);
    return place && this.codec.read(place);
  }

  /** Where the entry lies, until the next one is looked up. */
  placeOf(index: number): PackedPlace | undefined {
    if (index < 0 || index >= this.length) return undefined;
    this.#point(this.#place, this.#shelf.get(Math.floor(index / inBlock)), index);
    return this.#place;
  }

  /** Where each entry lies, until the next one is asked for: always the same object. */
  *places(): Generator<PackedPlace, undefined, undefined> {
    const place = emptyPlace();
    const spare = this.length > 8 * inBlock ? Buffer.allocUnsafeSlow(this.#shelf.mostBytes) : undefined;
    let block: Buffer = noBytes;
    for (let index = 0; index < this.length; index++) {
      if (index % inBlock === 0) block = this.#shelf.get(index / inBlock, spare);
      this.#point(place, block, index);
      yield place;
    }
    return undefined;
  }

  *[Symbol.iterator](): Generator<T, undefined, undefined> {
    for (const place of this.places()) yield this.codec.read(place);
    return undefined;
  }

  #point(place: PackedPlace, block: Buffer, index: number): void {
    if (place.bytes !== block) {
      place.bytes = place.text = block;
      place.view = viewOf(block);
    }
    const { stride } = this.codec;
    const position = index % inBlock;
    const texts = (stride + endBytes) * Math.min(inBlock, this.length - index + position);
    const at = position * (stride + endBytes);
    place.at = at;
    place.textStart = texts + (position === 0 ? 0 : place.view.getUint32(at - endBytes, true));
    place.textEnd = texts + place.view.getUint32(at + stride, true);
  }
}

function emptyPlace(): PackedPlace {
  return { bytes: noBytes, view: viewOf(noBytes), at: 0, text: noBytes, textStart: 0, textEnd: 0 };
}
