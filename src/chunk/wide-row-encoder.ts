import { BackupError } from '../core/errors.ts';
import type { ColumnFormat } from '../format/columns.ts';
import { NEWLINE, TAB } from './bytes.ts';
import { copyCut } from './cut-text.ts';
import { placeName } from './place.ts';
import { encodePiece, encodeValue, mostValueBytes } from './wide-value.ts';

/** NULL and short values are encoded whole. */
const shortBytes = 64;

/** One row of `COPY` text, which comes in pieces, as a row object of JSON: what `encodeRows` gives for it. */
export class WideRowEncoder {
  readonly #columns: readonly ColumnFormat[];
  #column = 0;
  /** Whether a part of the value has been written already. */
  #inText = false;
  isDone = false;

  constructor(columns: readonly ColumnFormat[]) {
    this.#columns = columns;
  }

  /**
   * Encodes as much of the text as can be: the rest must come again, with more behind it.
   *
   * @returns how many bytes were taken; once `isDone`, what follows is of other rows
   */
  *encode(text: Uint8Array): Generator<Uint8Array, number> {
    const newline = text.indexOf(NEWLINE);
    const row = newline < 0 ? text : text.subarray(0, newline);
    let from = 0;
    for (;;) {
      const tab = row.indexOf(TAB, from);
      const isWhole = tab >= 0 || newline >= 0;
      const end = tab >= 0 ? tab : row.length;
      const taken = yield* this.#encodeValue(row.subarray(from, end), isWhole);
      if (!isWhole) return from + taken;
      from = end + 1;
      this.#column++;
      if (tab < 0) break;
    }
    if (this.#column < this.#columns.length) this.#fail('too few columns');
    this.isDone = true;
    yield Buffer.from('}');
    return from;
  }

  *#encodeValue(value: Uint8Array, isWhole: boolean): Generator<Uint8Array, number> {
    const column = this.#columns[this.#column];
    if (!column) this.#fail('too many columns');
    if (!this.#inText && (isWhole || column.encoding !== 'text' || value.length < shortBytes)) {
      if (isWhole) yield* [this.#nameOf(column), encodeValue(value, column)];
      else if (value.length > mostValueBytes) this.#fail('too long for its type');
      return isWhole ? value.length : 0;
    }
    if (!this.#inText) yield* [this.#nameOf(column), Buffer.from('"')];
    this.#inText = !isWhole;
    const end = isWhole ? value.length : copyCut(value);
    if (end > 0) yield encodePiece(value.subarray(0, end), column);
    if (isWhole) yield Buffer.from('"');
    return end;
  }

  #nameOf({ name }: ColumnFormat): Buffer {
    return Buffer.from(`${this.#column === 0 ? '{' : ','}${JSON.stringify(name)}:`);
  }

  #fail(problem: string): never {
    throw new BackupError('E_ENCODE', `${placeName(1, this.#columns[this.#column])}: ${problem}`);
  }
}
