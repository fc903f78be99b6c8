const newline = 0x0a;
const tab = 0x09;

/**
 * Takes the fields at some positions out of rows of `COPY` text that comes in pieces, cut anywhere: generated columns, which
 * cannot be loaded. A tab or newline inside a value is escaped, so each one that is there separates.
 */
export class FieldStripper {
  readonly #stripped: ReadonlySet<number>;
  #field = 0;
  #kept = 0;
  /** Whether a part of the field came before. */
  #inField = false;

  constructor(positions: readonly number[]) {
    this.#stripped = new Set(positions);
  }

  /** The same piece without these fields: a view of it where none is to be taken out. */
  strip(piece: Uint8Array): Uint8Array {
    if (this.#stripped.size === 0) return piece;
    const out = Buffer.allocUnsafe(piece.length + 1);
    let length = 0;
    for (let at = 0; at < piece.length;) {
      const end = fieldEnd(piece, at);
      if (!this.#stripped.has(this.#field)) {
        if (!this.#inField && this.#kept > 0) out[length++] = tab;
        if (!this.#inField) this.#kept += 1;
        out.set(piece.subarray(at, end), length);
        length += end - at;
      }
      this.#inField = end === piece.length;
      if (!this.#inField) this.#endField(piece[end] === newline);
      if (piece[end] === newline) out[length++] = newline;
      at = end + 1;
    }
    return out.subarray(0, length);
  }

  #endField(endsRow: boolean): void {
    this.#field = endsRow ? 0 : this.#field + 1;
    if (endsRow) this.#kept = 0;
  }
}

function fieldEnd(piece: Uint8Array, from: number): number {
  let at = from;
  while (at < piece.length && piece[at] !== tab && piece[at] !== newline) at++;
  return at;
}
