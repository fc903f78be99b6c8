import type { ChunkEntry } from './manifest.ts';

/** What ranges are checked against: kind and rows of each chunk of a table by number, in 16 bytes a chunk. */
export class ChunkFigures {
  #numbers = new Float64Array(64);
  /** Negative for a patch. A chunk has at least one row. */
  #rows = new Float64Array(64);
  #count = 0;
  #isSorted = true;
  /** Where the last one was found: ranges mostly name chunks in their order. */
  #last = 0;

  add({ number, kind, rows }: Pick<ChunkEntry, 'number' | 'kind' | 'rows'>): void {
    if (this.#count === this.#numbers.length) {
      this.#numbers = grown(this.#numbers);
      this.#rows = grown(this.#rows);
    }
    if (this.#count > 0 && number <= (this.#numbers[this.#count - 1] ?? 0)) this.#isSorted = false;
    this.#numbers[this.#count] = number;
    this.#rows[this.#count] = kind === 'base' ? rows : -rows;
    this.#count += 1;
  }

  /** To be called when all were added. Whether one was added twice. */
  sort(): boolean {
    if (this.#isSorted) return false;
    const [numbers, rows] = [this.#numbers, this.#rows];
    const order = Uint32Array.from({ length: this.#count }, (_, index) => index);
    order.sort((a, b) => (numbers[a] ?? 0) - (numbers[b] ?? 0));
    this.#numbers = Float64Array.from(order, (index) => numbers[index] ?? 0);
    this.#rows = Float64Array.from(order, (index) => rows[index] ?? 0);
    this.#isSorted = true;
    return this.#numbers.some((number, index) => index > 0 && number === this.#numbers[index - 1]);
  }

  /** Rows of the chunk; undefined where there is none of that number and kind. */
  rowsOf(number: number, kind: ChunkEntry['kind']): number | undefined {
    const index = this.#find(number);
    const rows = (kind === 'base' ? 1 : -1) * (this.#rows[index] ?? 0);
    return index < this.#count && this.#numbers[index] === number && rows > 0 ? rows : undefined;
  }

  /** Of the first that is not below `number`. */
  #find(number: number): number {
    for (const near of [this.#last, this.#last + 1]) {
      if (near < this.#count && this.#numbers[near] === number) return (this.#last = near);
    }
    let [low, high] = [0, this.#count];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#numbers[middle] ?? 0) < number) low = middle + 1;
      else high = middle;
    }
    return (this.#last = low);
  }
}

function grown(array: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(2 * array.length);
  larger.set(array);
  return larger;
}
