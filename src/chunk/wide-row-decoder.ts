import { BackupError } from '../core/errors.ts';
import type { ColumnFormat } from '../format/columns.ts';
import { BACKSLASH, NEWLINE, QUOTE, TAB } from './bytes.ts';
import { jsonCut } from './cut-text.ts';
import { placeName } from './place.ts';
import { decodePiece, decodeValue, mostValueBytes } from './wide-value.ts';

const COMMA = 0x2c;
const CLOSING_BRACE = 0x7d;

/** One row object of JSON, which comes in pieces, as a row of `COPY` text: what `decodeRows` gives for it. */
export class WideRowDecoder {
  readonly #columns: readonly ColumnFormat[];
  #column = 0;
  #state: 'name' | 'value' | 'text' = 'name';
  isDone = false;

  constructor(columns: readonly ColumnFormat[]) {
    this.#columns = columns;
  }

  /**
   * Decodes as much of the JSON as can be: the rest must come again, with more behind it.
   *
   * @returns how many bytes were taken; once `isDone`, what follows is behind the row object
   */
  *decode(json: Uint8Array): Generator<Uint8Array, number> {
    for (let from = 0; ;) {
      const taken = yield* this.#step(json.subarray(from));
      from += taken;
      if (taken === 0 || this.isDone) return from;
    }
  }

  *#step(json: Uint8Array): Generator<Uint8Array, number> {
    const column = this.#columns[this.#column];
    if (!column) return yield* this.#endRow(json);
    if (this.#state === 'name') return this.#readName(json, column);
    if (this.#state === 'text') return yield* this.#readText(json, column);
    if (json[0] !== QUOTE || column.encoding !== 'text') return yield* this.#readWhole(json, column);
    this.#state = 'text';
    return 1;
  }

  #readName(json: Uint8Array, { name }: ColumnFormat): number {
    const expected = Buffer.from(`${this.#column === 0 ? '{' : ','}${JSON.stringify(name)}:`);
    if (!this.#begins(json, expected)) return 0;
    this.#state = 'value';
    return expected.length;
  }

  *#endRow(json: Uint8Array): Generator<Uint8Array, number> {
    const expected = Buffer.from(this.#columns.length === 0 ? '{}' : '}');
    if (!this.#begins(json, expected)) return 0;
    this.isDone = true;
    yield Buffer.of(NEWLINE);
    return expected.length;
  }

  /** Whether the expected bytes are there; false while too few have come. */
  #begins(json: Uint8Array, expected: Buffer): boolean {
    const there = json.subarray(0, expected.length);
    if (expected.compare(there, 0, there.length, 0, there.length) !== 0)
      this.#fail('no chunk of a table with these columns');
    return there.length === expected.length;
  }

  /** A value that is no text, or NULL: it is short. */
  *#readWhole(json: Uint8Array, column: ColumnFormat): Generator<Uint8Array, number> {
    const end = json[0] === QUOTE ? stringEnd(json, 1) + 1 : valueEnd(json);
    if (end <= 0) {
      if (json.length > mostValueBytes) this.#fail('too long for its type');
      return 0;
    }
    yield decodeValue(json.subarray(0, end), column);
    yield* this.#endValue();
    return end;
  }

  *#readText(json: Uint8Array, column: ColumnFormat): Generator<Uint8Array, number> {
    const quote = stringEnd(json, 0);
    const end = quote < 0 ? jsonCut(json) : quote;
    if (end > 0) yield decodePiece(json.subarray(0, end), column);
    if (quote < 0) return end;
    yield* this.#endValue();
    return quote + 1;
  }

  *#endValue(): Generator<Uint8Array> {
    this.#state = 'name';
    this.#column++;
    if (this.#column < this.#columns.length) yield Buffer.of(TAB);
  }

  #fail(problem: string): never {
    throw new BackupError('E_CHUNK_DAMAGED', `${placeName(1, this.#columns[this.#column])}: ${problem}`);
  }
}

/** Where a number, a boolean or null ends; -1 where its end has not come yet. */
function valueEnd(json: Uint8Array): number {
  return json.findIndex((byte) => byte === COMMA || byte === CLOSING_BRACE || byte === NEWLINE);
}

/** Where the quote is that ends the string whose inside begins at `from`; -1 where it has not come yet. */
function stringEnd(json: Uint8Array, from: number): number {
  for (let at = from; at < json.length;) {
    const byte = json[at];
    if (byte === QUOTE) return at;
    at += byte === BACKSLASH ? 2 : 1;
  }
  return -1;
}
