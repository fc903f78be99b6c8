const newline = 0x0a;
/** Two blocks of the codec. */
const firstBytes = 512 * 1024;
/** What reading in blocks may take. */
const mostKept = 2 * firstBytes;

/**
 * Collects pieces of `COPY` text in memory that is used again for the next chunk: fresh memory for every piece and every
 * chunk would cost page faults, and stay until a collection.
 */
export class RowBuffer {
  #memory = new Uint8Array(firstBytes);
  /** Where what was collected begins and ends. */
  #begin = 0;
  #end = 0;
  /** End of the last whole row. */
  #rowEnd = 0;

  /** Bytes collected. */
  get length(): number {
    return this.#end - this.#begin;
  }

  append(piece: Uint8Array): void {
    if (this.#end + piece.byteLength > this.#memory.byteLength) this.#makeRoom(piece.byteLength);
    this.#memory.set(piece, this.#end);
    const end = piece.lastIndexOf(newline) + 1;
    if (end > 0) this.#rowEnd = this.#end + end;
    this.#end += piece.byteLength;
  }

  /** All that was collected: a view that the next `append` or `drop` may change. */
  bytes(): Uint8Array {
    return this.#memory.subarray(this.#begin, this.#end);
  }

  /** Whether a row is whole. */
  get hasRows(): boolean {
    return this.#rowEnd > this.#begin;
  }

  /** As many whole rows as fit so many bytes: a view as well. */
  rowsThatFit(mostBytes: number): Uint8Array {
    const all = this.#memory.subarray(this.#begin, Math.max(this.#begin, this.#rowEnd));
    if (all.length <= mostBytes) return all;
    return all.subarray(0, mostBytes < 1 ? 0 : all.lastIndexOf(newline, mostBytes - 1) + 1);
  }

  /** The same, but one in any case; none where none is whole. */
  rows(mostBytes: number): Uint8Array {
    const fit = this.rowsThatFit(mostBytes);
    return fit.length > 0 || !this.hasRows ? fit : this.#memory.subarray(this.#begin, this.#firstRowEnd());
  }

  #firstRowEnd(): number {
    return this.#memory.indexOf(newline, this.#begin) + 1;
  }

  /** Lets the first bytes go, and keeps what follows them. */
  drop(bytes: number): void {
    this.#begin += bytes;
    if (this.#begin === this.#end) this.clear();
  }

  /** Lets everything go. */
  clear(): void {
    this.#begin = 0;
    this.#end = 0;
    this.#rowEnd = 0;
  }

  /** Lets everything go, and the memory as well that a whole chunk took: the next one may come much later. */
  shrink(): void {
    this.clear();
    if (this.#memory.byteLength > mostKept)
      this.#memory = new Uint8Array(this.#memory.buffer.transfer(firstBytes));
  }

  /** Moves what was collected to the beginning of the memory, or of a larger one where that has no room either. */
  #makeRoom(bytes: number): void {
    const { length } = this;
    this.#memory.copyWithin(0, this.#begin, this.#end);
    if (length + bytes > this.#memory.byteLength) {
      const size = Math.max(length + bytes, Math.ceil(this.#memory.byteLength * 1.5));
      // Frees the memory there was at once, rather than when the garbage is collected.
      this.#memory = new Uint8Array(this.#memory.buffer.transfer(size));
    }
    this.#rowEnd = Math.max(0, this.#rowEnd - this.#begin);
    this.#begin = 0;
    this.#end = length;
  }
}
