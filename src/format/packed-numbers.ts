const pageSize = 1024;

/** Numbers as what they are beyond `base`. */
interface Page {
  readonly base: number;
  readonly beyond: Uint8Array | Uint16Array | Uint32Array | Float64Array;
}

/**
 * Safe integers that are added one by one, in as few bytes as those nearby differ by: chunk numbers, which follow one another,
 * in one or two each, and never in more than eight (law 9).
 */
export class PackedNumbers {
  readonly #pages: Page[] = [];
  #filling = new Float64Array(16);
  #inFilling = 0;
  #last = -Infinity;
  /** Where `find` found the last one: numbers are mostly looked for in their order. */
  #found = -1;
  /** Whether each is larger than the one before. */
  isAscending = true;

  get length(): number {
    return this.#pages.length * pageSize + this.#inFilling;
  }

  add(number: number): void {
    if (this.#inFilling === pageSize) {
      this.#pages.push(pageOf(this.#filling));
      this.#inFilling = 0;
    } else if (this.#inFilling === this.#filling.length) {
      const larger = new Float64Array(4 * this.#inFilling);
      larger.set(this.#filling);
      this.#filling = larger;
    }
    this.#filling[this.#inFilling++] = number;
    if (number <= this.#last) this.isAscending = false;
    this.#last = number;
  }

  /** NaN where there is none. */
  at(index: number): number {
    const page = this.#pages[Math.floor(index / pageSize)];
    if (page) return page.base + (page.beyond[index % pageSize] ?? NaN);
    return index < this.length ? (this.#filling[index % pageSize] ?? NaN) : NaN;
  }

  /** Of ascending numbers, where `number` stands among them; -1 where it is none of them. */
  find(number: number): number {
    for (let near = this.#found; near <= this.#found + 1; near++) {
      if (this.at(near) === number) return (this.#found = near);
    }
    let [low, high] = [0, this.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.at(middle) < number) low = middle + 1;
      else high = middle;
    }
    if (this.at(low) !== number) return -1;
    return (this.#found = low);
  }
}

function pageOf(numbers: Float64Array): Page {
  let [base, most] = [Infinity, -Infinity];
  for (const number of numbers) {
    if (number < base) base = number;
    if (number > most) most = number;
  }
  const spread = most - base;
  const beyond =
    spread < 2 ** 8
      ? new Uint8Array(pageSize)
      : spread < 2 ** 16
        ? new Uint16Array(pageSize)
        : spread < 2 ** 32
          ? new Uint32Array(pageSize)
          : undefined;
  if (!beyond) return { base: 0, beyond: numbers.slice() };
  for (let index = 0; index < pageSize; index++) beyond[index] = (numbers[index] ?? 0) - base;
  return { base, beyond };
}
