/** Numbers of one page. */
const pageSize = 65_536;

/**
 * A set of chunk numbers: about one bit each where they are dense, as they are, so that a million take 128 KB (law 9); a
 * number beyond all others costs one page (law 8).
 */
export class NumberSet {
  readonly #pages = new Map<number, Uint8Array>();

  add(number: number): void {
    const at = Math.floor(number / pageSize);
    const page = this.#pages.get(at) ?? new Uint8Array(pageSize / 8);
    this.#pages.set(at, page);
    const bit = number % pageSize;
    page[bit >> 3] = (page[bit >> 3] ?? 0) | (1 << (bit & 7));
  }

  has(number: number): boolean {
    const bit = number % pageSize;
    const byte = this.#pages.get(Math.floor(number / pageSize))?.[bit >> 3] ?? 0;
    return (byte & (1 << (bit & 7))) !== 0;
  }

  addAll(others: NumberSet): void {
    for (const [at, bits] of others.#pages) {
      const page = this.#pages.get(at);
      if (page)
        for (let byte = 0; byte < page.length; byte++) page[byte] = (page[byte] ?? 0) | (bits[byte] ?? 0);
      else this.#pages.set(at, bits.slice());
    }
  }
}
