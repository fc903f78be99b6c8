import { fieldOf } from './fields.ts';
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
  if (key.length === 0) return Buffer.concat([base, ...patches]);
  const overrides = new Map<string, Uint8Array>();
  for (const patch of patches) {
    for (const row of rowsOf(patch)) overrides.set(keyText(row, key), row);
  }
  const parts: Uint8Array[] = [];
  let from = 0;
  let at = 0;
  for (const row of rowsOf(base)) {
    const name = keyText(row, key);
    const override = overrides.get(name);
    if (override) {
      parts.push(base.subarray(from, at), override);
      overrides.delete(name);
      from = at + row.length;
    }
    at += row.length;
  }
  parts.push(base.subarray(from), ...overrides.values());
  return Buffer.concat(parts);
}

/** The rows `first` to `first + rows` of `COPY` text: a view. */
export function sliceRows(copyText: Uint8Array, first: number, rows: number): Uint8Array {
  const starts = splitRows(copyText);
  return copyText.subarray(starts[first] ?? copyText.length, starts[first + rows] ?? copyText.length);
}

/** `copyText` cut into slices of so many rows, one after the other: views, in one pass over the text. */
export function cutSlices(copyText: Uint8Array, counts: readonly number[]): Uint8Array[] {
  const starts = splitRows(copyText);
  let first = 0;
  return counts.map((rows) => {
    const from = starts[first] ?? copyText.length;
    first += rows;
    return copyText.subarray(from, starts[first] ?? copyText.length);
  });
}

/** The escaped key of a row: distinct keys have distinct texts, because a tab inside a value is escaped. */
export function keyText(row: Uint8Array, key: readonly number[]): string {
  return key
    .map((position) => Buffer.from(fieldOf(row, 0, row.length, position)).toString('latin1'))
    .join('\t');
}

/** Each row with its newline. */
export function* rowsOf(copyText: Uint8Array): Generator<Uint8Array> {
  const starts = splitRows(copyText);
  for (let index = 0; index + 1 < starts.length; index++)
    yield copyText.subarray(starts[index], starts[index + 1]);
}
