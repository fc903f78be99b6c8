import type { KeyValue } from '../../format/manifest.ts';
import { rangeCopySql } from '../../postgres/range-sql.ts';
import { endOfBlock, lastBlock } from '../../ranges/block-bounds.ts';
import type { PortionedRange, PortionRead, Portions } from './portions.ts';

/** So many blocks of the heap each time. */
export class BlockPortions implements Portions {
  readonly #range: PortionedRange;
  readonly #end: number;
  /** The first block that was not asked for yet, and where it begins. */
  #next: number;
  #lo: KeyValue | null;
  #blocks = 0;
  #bytes = 0;
  #asked = 0;

  constructor(range: PortionedRange) {
    this.#range = range;
    this.#lo = range.lo;
    this.#next = range.lo === null ? 0 : lastBlock(range.lo) + 1;
    this.#end = lastBlock(range.hi);
  }

  next(bytes: number): string | undefined {
    if (this.#next > this.#end) return undefined;
    const wanted = Math.max(1, Math.floor(bytes / Math.max(this.#blockBytes, 1)));
    const last = Math.min(this.#end, this.#next + wanted - 1);
    const hi = last === this.#end ? this.#range.hi : endOfBlock(last);
    const sql = rangeCopySql({ ...this.#range, lo: this.#lo, hi });
    this.#asked = last - this.#next + 1;
    [this.#next, this.#lo] = [last + 1, hi];
    return sql;
  }

  get #blockBytes(): number {
    if (this.#blocks > 0) return this.#bytes / this.#blocks;
    const { rows, rowBytes } = this.#range;
    return (rows * rowBytes) / (this.#end - this.#next + 1);
  }

  async gave({ bytes }: PortionRead): Promise<void> {
    this.#blocks += this.#asked;
    this.#bytes += bytes;
  }
}
