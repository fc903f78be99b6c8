import type { ColumnFormat } from '../format/columns.ts';
import { BackupError } from '../core/errors.ts';
import { NEWLINE } from './bytes.ts';
import { encodeRows } from './encode-rows.ts';
import { PendingBytes } from './pending-bytes.ts';
import { afterRows } from './place.ts';
import { splitRows } from './split-rows.ts';
import { WideRowEncoder } from './wide-row-encoder.ts';

/** What is worked on at once: the memory that the codec needs is a few times that. */
export const blockBytes = 1024 * 1024;

const start = Buffer.from('[\n');
const between = Buffer.from(',\n');
const end = Buffer.from('\n]\n');
const nothing = Buffer.from('[\n]\n');

/**
 * The JSON form of rows in `COPY` text that comes in pieces, cut anywhere: byte for byte what `encodeRows` gives for the
 * whole, in memory of a few blocks, however wide a row is (law 9).
 */
export class RowsEncoder {
  readonly #columns: readonly ColumnFormat[];
  readonly #block: number;
  readonly #pending = new PendingBytes();
  /** The row under way that is wider than a block. */
  #wide: WideRowEncoder | undefined;
  #rows = 0;

  constructor(columns: readonly ColumnFormat[], block = blockBytes) {
    this.#columns = columns;
    this.#block = block;
  }

  /** @throws BackupError `E_ENCODE` as `encodeRows` does */
  *write(piece: Uint8Array): Generator<Uint8Array> {
    this.#pending.append(Uint8Array.from(piece));
    if (this.#pending.length >= this.#block) yield* this.#encode();
  }

  *end(): Generator<Uint8Array> {
    yield* this.#encode();
    if (this.#pending.length > 0 || this.#wide)
      throw new BackupError('E_ENCODE', `row ${this.#rows + 1}: the last row is cut short`);
    yield this.#rows === 0 ? nothing : end;
  }

  *#encode(): Generator<Uint8Array> {
    try {
      for (;;) {
        const taken = this.#wide ? yield* this.#encodeWide(this.#wide) : yield* this.#encodeWhole();
        this.#pending.drop(taken);
        if (taken === 0 || this.#pending.length === 0) return;
      }
    } catch (error) {
      throw afterRows(error, this.#rows);
    }
  }

  *#encodeWhole(): Generator<Uint8Array, number> {
    const pending = this.#pending.view();
    const length = pending.lastIndexOf(NEWLINE) + 1;
    if (length === 0 && pending.length < this.#block) return 0;
    yield this.#rows === 0 ? start : between;
    if (length === 0) return yield* this.#encodeWide((this.#wide = new WideRowEncoder(this.#columns)));
    const rows = pending.subarray(0, length);
    const json = encodeRows(rows, this.#columns);
    yield json.subarray(start.length, json.length - end.length);
    this.#rows += splitRows(rows).length - 1;
    return length;
  }

  *#encodeWide(wide: WideRowEncoder): Generator<Uint8Array, number> {
    const taken = yield* wide.encode(this.#pending.view());
    if (wide.isDone) {
      this.#rows += 1;
      this.#wide = undefined;
    }
    return taken;
  }
}
