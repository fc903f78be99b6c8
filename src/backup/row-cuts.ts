import { rowEnds } from '../chunk/row-ends.ts';

/** Tells where chunks end that have a number of rows each: those of neighbouring ranges, which one read gives. */
export class RowCuts {
  /** Rows still to come of each chunk, in order. */
  readonly #rows: number[];
  /** Ends of the next chunks in the text that was seen last, and how much of it was taken. */
  #ends: number[] = [];
  #start = 0;

  constructor(rows: readonly number[]) {
    this.#rows = [...rows];
  }

  /** The rows of the next chunk, where they are all there, else all rows. The text begins where the one before was cut. */
  next(rows: Uint8Array): Uint8Array {
    if (this.#rows.length === 0) return rows;
    if (this.#ends.length === 0) {
      this.#ends = rowEnds(rows, this.#rows);
      this.#start = 0;
    }
    const end = this.#ends.shift();
    if (end === undefined) return rows;
    const next = rows.subarray(0, end - this.#start);
    this.#start = end;
    return next;
  }

  /** So many rows were made a chunk. One that was closed for its size leaves the rest of its rows for the next. */
  taken(rows: number): void {
    const left = (this.#rows[0] ?? rows) - rows;
    if (left > 0) this.#rows[0] = left;
    else this.#rows.shift();
  }
}
