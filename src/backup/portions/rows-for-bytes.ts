import type { PortionRead } from './portions.ts';

/** A smaller row takes the server as long as one of these bytes. */
const leastRowBytes = 64;

/** Tells how many rows make a portion, by the size of those before. */
export class RowsForBytes {
  readonly #expected: number;
  #rows = 0;
  #bytes = 0;

  /** @param rowBytes what is expected of the first portion */
  constructor(rowBytes: number) {
    this.#expected = rowBytes;
  }

  /** One at least. */
  in(bytes: number): number {
    const rowBytes = this.#rows > 0 ? this.#bytes / this.#rows : this.#expected;
    return Math.max(1, Math.floor(bytes / Math.max(rowBytes, leastRowBytes)));
  }

  gave({ rows, bytes }: Pick<PortionRead, 'rows' | 'bytes'>): void {
    this.#rows += rows;
    this.#bytes += bytes;
  }
}
