import { releaseWithRoom } from '../core/release-memory.ts';
import type { ColumnFormat } from '../format/columns.ts';
import { BACKSLASH, NEWLINE, QUOTE } from './bytes.ts';
import { decodeRows } from './decode-rows.ts';
import { encodeRows } from './encode-rows.ts';
import { fileOfRows, frame } from './in-blocks.ts';
import type { StoredBase } from './merged-digest.ts';
import { keyText, rowsOf } from './merge-rows.ts';
import { proveStored } from './prove-stored.ts';

const COMMA = 0x2c;
const CLOSING_BRACE = 0x7d;

/**
 * The rows of a chunk with the keys of those given, as `COPY` text in the order of the chunk. The stored bytes are proved,
 * and so hold what was proved of them before they were stored; only the rows that are looked for are decoded.
 *
 * @param rows `COPY` text
 * @param key positions of the key columns, one or more
 * @returns undefined unless there is one row for each, and one at least
 * @throws BackupError `E_CHUNK_DAMAGED`
 */
export async function findRows(
  { body, entry, columns }: StoredBase,
  rows: Uint8Array,
  key: readonly number[],
): Promise<Buffer | undefined> {
  const json = await proveStored(body, entry, columns);
  const lines = findLines(json, encodeRows(rows, columns), new LineKeys(columns, key));
  const found = lines && decodeRows(fileOfRows(lines), columns);
  if (json.buffer !== body.buffer) releaseWithRoom(json);
  return found && haveSameKeys(found, rows, key) ? found : undefined;
}

/** Views of the lines with the keys of `wanted`; the JSON form is canonical, so that equal keys are equal bytes in it. */
function findLines(json: Buffer, wanted: Buffer, keys: LineKeys): Buffer[] | undefined {
  const missing = new Set<string>();
  let rows = 0;
  for (const [from] of linesIn(wanted)) {
    missing.add(keys.of(wanted, from));
    rows += 1;
  }
  const found: Buffer[] = [];
  for (const [from, to] of linesIn(json)) {
    if (missing.size === 0) break;
    if (missing.delete(keys.of(json, from))) found.push(json.subarray(from, to));
  }
  return rows > 0 && found.length === rows ? found : undefined;
}

/** Where each row object begins and ends: one a line, between the brackets. */
function* linesIn(json: Buffer): Generator<readonly [from: number, to: number]> {
  for (let from = frame.before; from < json.length - frame.behind;) {
    const newline = json.indexOf(NEWLINE, from);
    if (newline < 0) return;
    yield [from, json[newline - 1] === COMMA ? newline - 1 : newline];
    from = newline + 1;
  }
}

/** Says the key of a row object, without looking at more of it than stands before the last key column. */
class LineKeys {
  /** What stands before the value of each key column, in the order of the columns. */
  readonly #names: readonly Buffer[];
  readonly #isFirst: boolean;

  constructor(columns: readonly ColumnFormat[], key: readonly number[]) {
    const positions = key.toSorted((a, b) => a - b);
    this.#isFirst = positions[0] === 0;
    this.#names = positions.map((position) =>
      Buffer.from(`${position === 0 ? '{' : ','}${JSON.stringify(columns[position]?.name)}:`),
    );
  }

  /** No value holds a quote that is not escaped, so that a name between comma and colon is that of a column. */
  of(json: Buffer, from: number): string {
    let [at, text] = [from, ''];
    for (const [index, name] of this.#names.entries()) {
      const start = (index === 0 && this.#isFirst ? from : json.indexOf(name, at)) + name.length;
      at = valueEnd(json, start);
      text += `${json.toString('latin1', start, at)}\n`;
    }
    return text;
  }
}

/** Behind the scalar that begins there. */
function valueEnd(json: Buffer, start: number): number {
  let at = start;
  if (json[at] !== QUOTE) {
    while (at < json.length && json[at] !== COMMA && json[at] !== CLOSING_BRACE) at += 1;
    return at;
  }
  for (at += 1; at < json.length && json[at] !== QUOTE;) at += json[at] === BACKSLASH ? 2 : 1;
  return at + 1;
}

function haveSameKeys(found: Uint8Array, rows: Uint8Array, key: readonly number[]): boolean {
  const wanted = new Set<string>();
  for (const row of rowsOf(rows)) wanted.add(keyText(row, key));
  for (const row of rowsOf(found)) if (!wanted.delete(keyText(row, key))) return false;
  return wanted.size === 0;
}
