import { BackupError } from '../core/errors.ts';
import type { ColumnFormat } from '../format/columns.ts';
import { NEWLINE } from './bytes.ts';
import { decodeRows } from './decode-rows.ts';
import { PendingBytes } from './pending-bytes.ts';
import { afterRows } from './place.ts';
import { blockBytes } from './rows-encoder.ts';
import { WideRowDecoder } from './wide-row-decoder.ts';

const start = Buffer.from('[\n');
const between = Buffer.from(',\n');
const lastEnd = Buffer.from('\n]\n');
const fileEnd = Buffer.from(']\n');

/**
 * The `COPY` text of rows in the JSON form that comes in pieces, cut anywhere: what `decodeRows` gives for the whole, in
 * memory of a few blocks, however wide a row is (law 9). Lines are rows, as no value holds a raw newline.
 */
export class RowsDecoder {
  readonly #columns: readonly ColumnFormat[];
  readonly #block: number;
  readonly #pending = new PendingBytes();
  /** The row under way that is wider than a block. */
  #wide: WideRowDecoder | undefined;
  #rows = 0;
  /** What must come next. */
  #next: 'start' | 'first row' | 'row' | 'after row' | 'end of file' | 'nothing' = 'start';

  constructor(columns: readonly ColumnFormat[], block = blockBytes) {
    this.#columns = columns;
    this.#block = block;
  }

  /** @throws BackupError `E_CHUNK_DAMAGED` as `decodeRows` does; what was given before then means nothing */
  *write(piece: Uint8Array): Generator<Uint8Array> {
    this.#pending.append(Uint8Array.from(piece));
    if (this.#pending.length >= this.#block) yield* this.#decode();
  }

  *end(): Generator<Uint8Array> {
    yield* this.#decode();
    if (this.#next !== 'nothing' || this.#wide) damaged('the file is cut short');
  }

  *#decode(): Generator<Uint8Array> {
    try {
      for (;;) {
        const taken = yield* this.#step();
        this.#pending.drop(taken);
        if (taken === 0) return;
      }
    } catch (error) {
      throw afterRows(error, this.#rows);
    }
  }

  *#step(): Generator<Uint8Array, number> {
    if (this.#pending.length === 0) return 0;
    const [first] = this.#pending.view();
    if (this.#wide) return yield* this.#decodeWide(this.#wide);
    switch (this.#next) {
      case 'start':
        return this.#expect(start, 'first row');
      case 'after row':
        // The comma tells whether another row follows.
        return first === NEWLINE ? this.#expect(lastEnd, 'nothing') : this.#expect(between, 'row');
      case 'first row':
        return first === fileEnd[0] ? this.#expect(fileEnd, 'nothing') : yield* this.#decodeLines();
      case 'row':
        return yield* this.#decodeLines();
      case 'end of file':
        return this.#expect(fileEnd, 'nothing');
      case 'nothing':
        break;
    }
    return damaged('more after the end of the file');
  }

  #expect(bytes: Buffer, next: 'first row' | 'row' | 'nothing'): number {
    const there = this.#pending.view().subarray(0, bytes.length);
    if (bytes.compare(there, 0, there.length, 0, there.length) !== 0)
      damaged('no chunk of a table with these columns');
    if (there.length < bytes.length) return 0;
    this.#next = next;
    return bytes.length;
  }

  /** Rows that are whole, with what follows them: each ends its line with a comma, but the last one. */
  *#decodeLines(): Generator<Uint8Array, number> {
    const pending = this.#pending.view();
    const newline = pending.lastIndexOf(between);
    const isLast = newline < 0 && pending.includes(NEWLINE);
    if (newline < 0 && !isLast) {
      if (pending.length < this.#block) return 0;
      return yield* this.#decodeWide((this.#wide = new WideRowDecoder(this.#columns)));
    }
    const end = isLast ? pending.indexOf(NEWLINE) : newline;
    const copyText = decodeRows(Buffer.concat([start, pending.subarray(0, end), lastEnd]), this.#columns);
    for (const byte of copyText) if (byte === NEWLINE) this.#rows++;
    this.#next = isLast ? 'end of file' : 'row';
    yield copyText;
    return isLast ? end + 1 : end + between.length;
  }

  *#decodeWide(wide: WideRowDecoder): Generator<Uint8Array, number> {
    const taken = yield* wide.decode(this.#pending.view());
    if (wide.isDone) {
      this.#rows += 1;
      this.#wide = undefined;
      this.#next = 'after row';
    }
    return taken;
  }
}

function damaged(problem: string): never {
  throw new BackupError('E_CHUNK_DAMAGED', problem);
}
