const newline = 0x0a;

/**
 * Collects pieces of `COPY` text in memory that is used again for the next chunk: fresh memory for every piece and every
 * chunk would cost page faults, and stay until a collection.
 */
export class RowBuffer {
  #memory = new Uint8Array(1 << 20);
  #length = 0;
  /** End of the last whole row. */
  #rowEnd = 0;

  /** Bytes collected. */
  get length(): number {
    return this.#length;
  }

  append(piece: Uint8Array): void {
    const length = this.#length + piece.byteLength;
    if (length > this.#memory.byteLength) this.#grow(length);
    this.#memory.set(piece, this.#length);
    const end = piece.lastIndexOf(newline) + 1;
    if (end > 0) this.#rowEnd = this.#length + end;
    this.#length = length;
  }

  /** All that was collected: a view that the next `append` or `drop` may change. */
  bytes(): Uint8Array {
    return this.#memory.subarray(0, this.#length);
  }

  /** Whether a row is whole. */
  get hasRows(): boolean {
    return this.#rowEnd > 0;
  }

  /** As many whole rows as fit so many bytes, and one in any case; none where none is whole: a view as well. */
  rows(mostBytes: number): Uint8Array {
    const fit =
      this.#rowEnd <= mostBytes ? this.#rowEnd : this.#memory.lastIndexOf(newline, mostBytes - 1) + 1;
    const end = fit === 0 && this.#rowEnd > 0 ? this.#memory.indexOf(newline) + 1 : fit;
    return this.#memory.subarray(0, end);
  }

  /** Lets the first bytes go, and keeps what follows them. */
  drop(bytes: number): void {
    this.#memory.copyWithin(0, bytes, this.#length);
    this.#length -= bytes;
    this.#rowEnd = Math.max(0, this.#rowEnd - bytes);
  }

  /** Lets everything go. */
  clear(): void {
    this.#length = 0;
    this.#rowEnd = 0;
  }

  #grow(length: number): void {
    const memory = new Uint8Array(Math.max(length, Math.ceil(this.#memory.byteLength * 1.5)));
    memory.set(this.#memory.subarray(0, this.#length));
    this.#memory = memory;
  }
}
