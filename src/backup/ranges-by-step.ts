import { BlockFile } from '../core/block-file.ts';
import type { Entries } from '../format/entries.ts';
import type { RangeEntry } from '../format/manifest.ts';
import { PackedBuilder } from '../format/packed-entries.ts';
import { rangeCodec } from '../format/packed-ranges.ts';

const none = -1;

/** The ranges that each step has ended in so far, which may come in any order of the steps; packed (law 9). */
export class RangesByStep {
  readonly #builder = new PackedBuilder(rangeCodec(), () => new BlockFile());
  #ranges: Entries<RangeEntry> | undefined;
  /** Of the first and the last range of each step, and behind each range of the step's next one: positions among all. */
  readonly #first: Int32Array;
  readonly #last: Int32Array;
  readonly #next: number[] = [];

  constructor(steps: number) {
    this.#first = new Int32Array(steps).fill(none);
    this.#last = new Int32Array(steps).fill(none);
  }

  add(step: number, range: RangeEntry): void {
    const index = this.#next.push(none) - 1;
    const last = this.#last[step] ?? none;
    if (last === none) this.#first[step] = index;
    else this.#next[last] = index;
    this.#last[step] = index;
    this.#builder.add(range);
  }

  /** In the order in which they were added. From the first call on nothing may be added. */
  *of(step: number): Generator<RangeEntry> {
    this.#ranges ??= this.#builder.finish();
    for (let index = this.#first[step] ?? none; index !== none; index = this.#next[index] ?? none) {
      const range = this.#ranges.at(index);
      if (range) yield range;
    }
  }
}
