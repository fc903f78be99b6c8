/** Bytes that came in pieces and are taken from the front: put together only when somebody looks at them. */
export class PendingBytes {
  #pieces: Uint8Array[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** @param piece its bytes must stay as they are */
  append(piece: Uint8Array): void {
    this.#pieces.push(piece);
    this.#length += piece.length;
  }

  /** All of them. */
  view(): Buffer {
    const [first] = this.#pieces;
    const whole = this.#pieces.length === 1 && first ? first : Buffer.concat(this.#pieces);
    this.#pieces = [whole];
    return Buffer.from(whole.buffer, whole.byteOffset, whole.byteLength);
  }

  /** Lets the first ones go. */
  drop(bytes: number): void {
    this.#pieces = [this.view().subarray(bytes)];
    this.#length -= bytes;
  }
}
