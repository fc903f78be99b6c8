import type { KeyValue } from '../../format/manifest.ts';
import { rangeCopySql } from '../../postgres/range-sql.ts';
import { isDoubtful } from '../../ranges/check-keys.ts';
import { RowsForBytes } from './rows-for-bytes.ts';
import type { PortionedRange, PortionRead, Portions } from './portions.ts';

/**
 * So many rows behind the last key each time. Where that may not name its row any more, as many more rows are passed over instead: they
 * lie in the same order in the same snapshot.
 */
export class KeyPortions implements Portions {
  readonly #range: PortionedRange;
  readonly #rowsFor: RowsForBytes;
  #lo: KeyValue | null;
  #skip = 0;
  #most = 0;
  #isEnded = false;

  constructor(range: PortionedRange) {
    this.#range = range;
    this.#rowsFor = new RowsForBytes(range.rowBytes);
    this.#lo = range.lo;
  }

  next(bytes: number): string | undefined {
    if (this.#isEnded) return undefined;
    this.#most = this.#rowsFor.in(bytes);
    return rangeCopySql({ ...this.#range, lo: this.#lo }, { skip: this.#skip, most: this.#most });
  }

  async gave(read: PortionRead): Promise<void> {
    const { rows, lastKey } = read;
    this.#rowsFor.gave(read);
    this.#isEnded = rows < this.#most;
    if (this.#isEnded) return;
    const key = await lastKey();
    if (isDoubtful(key)) {
      this.#skip += rows;
      return;
    }
    this.#lo = key;
    this.#skip = 0;
  }
}
