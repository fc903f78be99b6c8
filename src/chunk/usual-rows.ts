import type { RowLayout } from './row-layout.ts';
import { recordBytes } from './wasm/column-table.ts';
import { rowsAfter } from './wasm/plain-values.ts';
import { fromAfter, toAfter } from './wasm/text.ts';
import type { Workspace } from './wasm/workspace.ts';

/** Where the first row they came to was unusual, so many more are taken as such before the loops are tried again. */
const unusualRows = 15;

/** Has the program's loops take the rows of a workspace that are as nearly all are, and tells how far they came. */
export class UsualRows {
  readonly #workspace: Workspace;
  readonly #maxOverhead: number;
  readonly #tableEnd: number;
  /** So many further rows are taken as unusual. */
  #unusual: number;
  /** Addresses of the next byte to read, and of the next to write. */
  from = 0;
  to = 0;

  /** @param workspace with the table of the layout */
  constructor(workspace: Workspace, { table, maxOverhead }: RowLayout) {
    this.#workspace = workspace;
    this.#maxOverhead = maxOverhead;
    this.#tableEnd = workspace.tableStart + table.columns * recordBytes;
    this.#unusual = table.columns === 0 ? Number.POSITIVE_INFINITY : 0;
  }

  /** Takes all rows up to one that is unusual, or the end, or the end of memory. Returns how many. */
  take(direction: 'encodeRows' | 'decodeRows', from: number, to: number): number {
    this.from = from;
    this.to = to;
    if (this.#unusual > 0) {
      this.#unusual--;
      return 0;
    }
    const { program, inputEnd, tableStart, bytes, view } = this.#workspace;
    program[direction](from, to, inputEnd, tableStart, this.#tableEnd, bytes.length - this.#maxOverhead);
    this.from = view.getUint32(fromAfter, true);
    this.to = view.getUint32(toAfter, true);
    const rows = view.getUint32(rowsAfter, true);
    if (rows === 0) this.#unusual = unusualRows;
    return rows;
  }
}
