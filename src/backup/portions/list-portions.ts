import { listCopySql } from '../../postgres/range-sql.ts';
import { RowsForBytes } from './rows-for-bytes.ts';
import type { PortionedList, PortionRead, Portions } from './portions.ts';

/** So many of the listed rows each time. */
export class ListPortions implements Portions {
  readonly #list: PortionedList;
  readonly #rowsFor: RowsForBytes;
  #next = 0;

  constructor(list: PortionedList) {
    this.#list = list;
    this.#rowsFor = new RowsForBytes(list.rowBytes);
  }

  next(bytes: number): string | undefined {
    const { keys } = this.#list;
    if (this.#next >= keys.length) return undefined;
    const portion = keys.slice(this.#next, this.#next + this.#rowsFor.in(bytes));
    this.#next += portion.length;
    return listCopySql({ ...this.#list, keys: portion });
  }

  async gave(read: PortionRead): Promise<void> {
    this.#rowsFor.gave(read);
  }
}
