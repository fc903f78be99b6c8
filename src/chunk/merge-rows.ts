import { BackupError } from '../core/errors.ts';
import { NEWLINE } from './bytes.ts';
import { fieldBounds } from './fields.ts';
import { splitRows } from './split-rows.ts';

/**
 * The rows of a range: its base, with rows overridden by key from its patches, oldest patch first; rows of new keys
 * follow in the order they came. All are `COPY` text; keys are compared as `COPY` text, too.
 *
 * @param key positions of the key columns; none where patches only add rows
 */
export function mergeRows(
  base: Uint8Array,
  patches: readonly Uint8Array[],
  key: readonly number[],
): Uint8Array {
  if (patches.length === 0) return base;
  const merge = new RowMerge(patches, key);
  return Buffer.concat([...merge.take(base), ...merge.end()]);
}

/** As `mergeRows`, of a base that comes in blocks of whole rows: what has been taken is let go. */
export class RowMerge {
  readonly #key: readonly number[];
  readonly #patches: readonly Uint8Array[];
  /** The newest row of each key in the patches that has not met its row of the base. */
  readonly #overrides = new Map<string, Uint8Array>();

  constructor(patches: readonly Uint8Array[], key: readonly number[]) {
    this.#key = key;
    this.#patches = patches;
    if (key.length === 0) return;
    for (const patch of patches) {
      for (const row of rowsOf(patch)) this.#overrides.set(keyText(row, key), row);
    }
  }

  /** What becomes of the next rows of the base: views of them, and of patches. */
  *take(block: Uint8Array): Generator<Uint8Array> {
    const bytes = Buffer.from(block.buffer, block.byteOffset, block.byteLength);
    let from = 0;
    for (let at = 0; at < bytes.length && this.#overrides.size > 0;) {
      const end = endOfRow(bytes, at);
      const name = keyTextAt(bytes, at, end, this.#key);
      const override = this.#overrides.get(name);
      if (override) {
        yield block.subarray(from, at);
        yield override;
        this.#overrides.delete(name);
        from = end;
      }
      at = end;
    }
    yield block.subarray(from);
  }

  /** The rows of the patches that follow the base. */
  end(): Iterable<Uint8Array> {
    return this.#key.length === 0 ? this.#patches : this.#overrides.values();
  }
}

/** The rows `first` to `first + rows` of `COPY` text: a view. */
export function sliceRows(copyText: Uint8Array, first: number, rows: number): Uint8Array {
  const starts = splitRows(copyText);
  return copyText.subarray(starts[first] ?? copyText.length, starts[first + rows] ?? copyText.length);
}

/** The escaped key of a row: distinct keys have distinct texts, because a tab inside a value is escaped. */
export function keyText(row: Uint8Array, key: readonly number[]): string {
  return keyTextAt(Buffer.from(row.buffer, row.byteOffset, row.byteLength), 0, row.length, key);
}

function keyTextAt(bytes: Buffer, start: number, end: number, key: readonly number[]): string {
  let text = '';
  for (let index = 0; index < key.length; index++) {
    const [from, to] = fieldBounds(bytes, start, end, key[index] ?? 0);
    text += index === 0 ? bytes.toString('latin1', from, to) : `\t${bytes.toString('latin1', from, to)}`;
  }
  return text;
}

function endOfRow(bytes: Buffer, at: number): number {
  const newline = bytes.indexOf(NEWLINE, at);
  if (newline < 0) throw new BackupError('E_ENCODE', 'the last row is cut short');
  return newline + 1;
}

/** Each row with its newline. */
export function* rowsOf(copyText: Uint8Array): Generator<Uint8Array> {
  const starts = splitRows(copyText);
  for (let index = 0; index + 1 < starts.length; index++)
    yield copyText.subarray(starts[index], starts[index + 1]);
}
