/** Numbers of one page. */
const pageSize = 65_536;
/** So many take as much memory one by one as a bit for each that a page may have. */
const mostListed = 4096;

/** What of a number is left within its page: in ascending order as long as they are few, then a bit each. */
class Page {
  #listed: Uint16Array | undefined = new Uint16Array(4);
  #bits: Uint8Array | undefined;
  #count = 0;

  get size(): number {
    return this.#count;
  }

  has(low: number): boolean {
    if (this.#bits) return ((this.#bits[low >> 3] ?? 0) & (1 << (low & 7))) !== 0;
    const at = this.#find(low);
    return at < this.#count && this.#listed?.[at] === low;
  }

  add(low: number): void {
    if (this.#bits) this.#set(this.#bits, low);
    else if (this.#listed) this.#insert(this.#listed, low);
  }

  *[Symbol.iterator](): Generator<number, undefined, undefined> {
    if (this.#bits) {
      for (let low = 0; low < pageSize; low++) {
        const byte = this.#bits[low >> 3] ?? 0;
        if (byte === 0) low |= 7;
        else if ((byte & (1 << (low & 7))) !== 0) yield low;
      }
    } else if (this.#listed) yield* this.#listed.subarray(0, this.#count);
    return undefined;
  }

  #set(bits: Uint8Array, low: number): void {
    const before = bits[low >> 3] ?? 0;
    const after = before | (1 << (low & 7));
    if (after !== before) this.#count += 1;
    bits[low >> 3] = after;
  }

  #insert(listed: Uint16Array, low: number): void {
    const at = this.#find(low);
    if (at < this.#count && listed[at] === low) return;
    if (this.#count === mostListed) return this.#toBits(listed, low);
    let list = listed;
    if (this.#count === listed.length) {
      list = new Uint16Array(2 * listed.length);
      list.set(listed);
      this.#listed = list;
    }
    list.copyWithin(at + 1, at, this.#count);
    list[at] = low;
    this.#count += 1;
  }

  #toBits(listed: Uint16Array, low: number): void {
    const bits = new Uint8Array(pageSize / 8);
    this.#count = 0;
    for (const one of listed) this.#set(bits, one);
    this.#set(bits, low);
    [this.#bits, this.#listed] = [bits, undefined];
  }

  /** Where the first of those that are listed stands that is not below `low`. */
  #find(low: number): number {
    const listed = this.#listed;
    let [from, to] = [0, this.#count];
    // Mostly they come in their order.
    if (to === 0 || (listed?.[to - 1] ?? 0) < low) return to;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if ((listed?.[middle] ?? 0) < low) from = middle + 1;
      else to = middle;
    }
    return from;
  }
}

/**
 * A set of chunk numbers: about one bit each where they are dense, as they are, so that a million take 128 KB (law 9); two bytes
 * where few are near one another, and never more than some hundred (law 8).
 */
export class NumberSet implements Iterable<number> {
  readonly #pages = new Map<number, Page>();
  #last: Page | undefined;
  #lastAt = -1;

  get size(): number {
    let size = 0;
    for (const page of this.#pages.values()) size += page.size;
    return size;
  }

  /** @param number a safe integer that is not negative */
  add(number: number): void {
    const at = Math.floor(number / pageSize);
    let page = this.#page(at);
    if (!page) {
      this.#pages.set(at, (page = new Page()));
      this.#last = page;
      this.#lastAt = at;
    }
    page.add(number % pageSize);
  }

  has(number: number): boolean {
    return this.#page(Math.floor(number / pageSize))?.has(number % pageSize) ?? false;
  }

  addAll(numbers: Iterable<number>): void {
    for (const number of numbers) this.add(number);
  }

  /** In ascending order. */
  *[Symbol.iterator](): Generator<number, undefined, undefined> {
    const ats = [...this.#pages.keys()].sort((a, b) => a - b);
    for (const at of ats) for (const low of this.#pages.get(at) ?? []) yield at * pageSize + low;
    return undefined;
  }

  /** Numbers mostly come with their neighbours. */
  #page(at: number): Page | undefined {
    if (at === this.#lastAt) return this.#last;
    const page = this.#pages.get(at);
    if (page) [this.#last, this.#lastAt] = [page, at];
    return page;
  }
}
