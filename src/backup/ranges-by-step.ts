import { BlockFile } from '../core/block-file.ts';
import type { Entries } from '../format/entries.ts';
import type { RangeEntry } from '../format/manifest.ts';
import { PackedBuilder } from '../format/packed-entries.ts';
import { rangeCodec } from '../format/packed-ranges.ts';

const pageSize = 4096;

/** The ranges that each step has ended in so far, which may come in any order of the steps; packed (law 9). */
export class RangesByStep {
  readonly #builder = new PackedBuilder(rangeCodec, () => new BlockFile());
  #ranges: Entries<RangeEntry> | undefined;
  #count = 0;
  /** Of each step, the number of its first range, from 1 on. The system gives memory for it only as steps end. */
  readonly #first: Uint32Array;
  /** Behind a range of a step, the number of the step's next one, in pages: most steps end in one range. */
  readonly #next = new Map<number, Uint32Array>();

  /** @param steps of the table */
  constructor(steps: number) {
    this.#first = new Uint32Array(steps);
  }

  add(step: number, range: RangeEntry): void {
    this.#builder.add(range);
    this.#count += 1;
    let last = this.#first[step] ?? 0;
    if (last === 0) {
      this.#first[step] = this.#count;
      return;
    }
    for (let next = this.#after(last); next !== 0; next = this.#after(last)) last = next;
    const at = Math.floor(last / pageSize);
    const page = this.#next.get(at) ?? new Uint32Array(pageSize);
    page[last % pageSize] = this.#count;
    this.#next.set(at, page);
  }

  /** In the order in which they were added. From the first call on nothing may be added. */
  *of(step: number): Generator<RangeEntry> {
    this.#ranges ??= this.#builder.finish();
    for (let number = this.#first[step] ?? 0; number !== 0; number = this.#after(number)) {
      const range = this.#ranges.at(number - 1);
      if (range) yield range;
    }
  }

  #after(number: number): number {
    return this.#next.get(Math.floor(number / pageSize))?.[number % pageSize] ?? 0;
  }
}
