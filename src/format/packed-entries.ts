import type { BlockShelf, Entries, EntryBuilder } from './entries.ts';

/** How an entry lies in memory: some bytes of fixed length, and a text. */
export interface EntryCodec<T> {
  readonly stride: number;
  /** Fills `fixed` from `at` on, and gives the text. */
  write(entry: T, fixed: Buffer, at: number): string;
  read(fixed: Buffer, at: number, text: () => string): T;
}

/** Entries of one block. */
const inBlock = 1024;
const endBytes = 4;

/** Collects entries as an array as long as they are few, and packed beyond that. */
export class PackedBuilder<T> implements EntryBuilder<T> {
  readonly #codec: EntryCodec<T>;
  readonly #newShelf: () => BlockShelf;
  readonly #leastToPack: number;
  #shelf: BlockShelf | undefined;
  #waiting: T[] = [];
  #packed = 0;

  /** @param leastToPack fewer are kept as they are */
  constructor(codec: EntryCodec<T>, newShelf: () => BlockShelf, leastToPack = inBlock) {
    this.#codec = codec;
    this.#newShelf = newShelf;
    this.#leastToPack = leastToPack;
  }

  add(entry: T): void {
    if (this.#waiting.length === inBlock) this.#pack();
    this.#waiting.push(entry);
  }

  finish(): Entries<T> {
    if (!this.#shelf && this.#waiting.length < this.#leastToPack) return this.#waiting;
    this.#pack();
    return new PackedEntries(this.#codec, this.#shelf ?? this.#newShelf(), this.#packed);
  }

  #pack(): void {
    this.#shelf ??= this.#newShelf();
    this.#shelf.put(packBlock(this.#codec, this.#waiting));
    this.#packed += this.#waiting.length;
    this.#waiting = [];
  }
}

/** The fixed parts, where the text of each ends behind the fixed parts, and the texts. */
function packBlock<T>(codec: EntryCodec<T>, entries: readonly T[]): Buffer {
  const stride = codec.stride + endBytes;
  const fixed = Buffer.alloc(stride * entries.length);
  const texts: Buffer[] = [];
  let end = 0;
  for (const [index, entry] of entries.entries()) {
    const text = Buffer.from(codec.write(entry, fixed, index * stride));
    texts.push(text);
    end += text.length;
    fixed.writeUInt32LE(end, index * stride + codec.stride);
  }
  // Memory of its own, of just this size: a small part of a pool would keep all of it.
  const block = Buffer.allocUnsafeSlow(fixed.length + end);
  let at = fixed.copy(block);
  for (const text of texts) at += text.copy(block, at);
  return block;
}

export class PackedEntries<T> implements Entries<T> {
  readonly #codec: EntryCodec<T>;
  readonly #shelf: BlockShelf;
  readonly length: number;

  constructor(codec: EntryCodec<T>, shelf: BlockShelf, length: number) {
    this.#codec = codec;
    this.#shelf = shelf;
    this.length = length;
  }

  at(index: number): T | undefined {
    const from = index < 0 ? index + this.length : index;
    if (from < 0 || from >= this.length) return undefined;
    return this.#read(this.#shelf.get(Math.floor(from / inBlock)), from);
  }

  /** What `read` gives for each entry by its fixed part alone. */
  scan(read: (fixed: Buffer, at: number, index: number) => void): void {
    let block: Buffer = Buffer.alloc(0);
    for (let index = 0; index < this.length; index++) {
      if (index % inBlock === 0) block = this.#shelf.get(index / inBlock);
      read(block, (index % inBlock) * (this.#codec.stride + endBytes), index);
    }
  }

  *[Symbol.iterator](): Generator<T, undefined, undefined> {
    let block: Buffer = Buffer.alloc(0);
    for (let index = 0; index < this.length; index++) {
      if (index % inBlock === 0) block = this.#shelf.get(index / inBlock);
      yield this.#read(block, index);
    }
    return undefined;
  }

  #read(block: Buffer, index: number): T {
    const { stride } = this.#codec;
    const position = index % inBlock;
    const fixedBytes = (stride + endBytes) * Math.min(inBlock, this.length - index + position);
    const at = position * (stride + endBytes);
    return this.#codec.read(block, at, () => {
      const first = position === 0 ? 0 : block.readUInt32LE(at - endBytes);
      return block.toString('utf8', fixedBytes + first, fixedBytes + block.readUInt32LE(at + stride));
    });
  }

  map<U>(change: (entry: T, index: number) => U): U[] {
    return Array.from(this, change);
  }

  flatMap<U>(change: (entry: T, index: number) => U | readonly U[]): U[] {
    const all: U[] = [];
    let index = 0;
    for (const entry of this) {
      const changed = change(entry, index++);
      if (isList(changed)) for (const one of changed) all.push(one);
      else all.push(changed);
    }
    return all;
  }

  filter(isWanted: (entry: T, index: number) => boolean): T[] {
    return this.flatMap((entry, index) => (isWanted(entry, index) ? [entry] : []));
  }

  some(isWanted: (entry: T, index: number) => boolean): boolean {
    let index = 0;
    for (const entry of this) if (isWanted(entry, index++)) return true;
    return false;
  }

  reduce<U>(fold: (folded: U, entry: T) => U, first: U): U {
    let folded = first;
    for (const entry of this) folded = fold(folded, entry);
    return folded;
  }

  slice(from: number, to: number): T[] {
    const entries: T[] = [];
    for (let index = Math.max(0, from); index < Math.min(to, this.length); index++) {
      const entry = this.at(index);
      if (entry !== undefined) entries.push(entry);
    }
    return entries;
  }

  toJSON(): T[] {
    return [...this];
  }
}

function isList<U>(value: U | readonly U[]): value is readonly U[] {
  return Array.isArray(value);
}
