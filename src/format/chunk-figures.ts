import type { ChunkKind } from './manifest.ts';
import { PackedNumbers } from './packed-numbers.ts';

/** What ranges are checked against: kind and rows of each chunk of a table by number, in a few bytes a chunk. */
export class ChunkFigures {
  #numbers = new PackedNumbers();
  /** Rows; negative ones for a patch. A chunk has at least one. */
  #rows = new PackedNumbers();

  add(number: number, kind: ChunkKind, rows: number): void {
    this.#numbers.add(number);
    this.#rows.add(kind === 'base' ? rows : -rows);
  }

  /** To be called when all were added. Whether one was added twice. */
  sort(): boolean {
    if (this.#numbers.isAscending) return false;
    const [numbers, rows] = [this.#numbers, this.#rows];
    const order = Uint32Array.from({ length: numbers.length }, (_, index) => index);
    order.sort((a, b) => numbers.at(a) - numbers.at(b));
    this.#numbers = new PackedNumbers();
    this.#rows = new PackedNumbers();
    for (const index of order) {
      this.#numbers.add(numbers.at(index));
      this.#rows.add(rows.at(index));
    }
    return !this.#numbers.isAscending;
  }

  /** Rows of the chunk; undefined where there is none of that number and kind. */
  rowsOf(number: number, kind: ChunkKind): number | undefined {
    const index = this.#numbers.find(number);
    if (index < 0) return undefined;
    const rows = (kind === 'base' ? 1 : -1) * this.#rows.at(index);
    return rows > 0 ? rows : undefined;
  }
}
