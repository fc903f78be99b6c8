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
 * The rows of a chunk with the given keys, as `COPY` text in the order of the chunk. The stored bytes are proved,
 * and so hold what was proved of them before they were stored; only the rows that are looked for are decoded.
 *
 * @param keys distinct ones, as `keyText` gives them
 * @param key positions of the key columns, one or more
 * @returns undefined unless there is one row for each, and one at least
 * @throws BackupError `E_CHUNK_DAMAGED`
 */
export async function findRows(
  { body, entry, columns }: StoredBase,
  keys: readonly string[],
  key: readonly number[],
): Promise<Buffer | undefined> {
  const json = await proveStored(body, entry, columns);
  const lines = findLines(json, new LineKeys(columns, key), wantedLines(keys, columns, key), keys.length);
  const found = lines && decodeRows(fileOfRows(lines), columns);
  if (json.buffer !== body.buffer) releaseWithRoom(json);
  return found && haveSameKeys(found, keys, key) ? found : undefined;
}

/** The keys as `LineKeys` says them: those of rows that have no other columns. */
function wantedLines(
  keys: readonly string[],
  columns: readonly ColumnFormat[],
  key: readonly number[],
): Set<string> {
  const keyColumns = columns.filter((_, position) => key.includes(position));
  const copyText = Buffer.from(keys.map((text) => `${inOrder(text, key)}\n`).join(''), 'latin1');
  const json = encodeRows(copyText, keyColumns);
  const lineKeys = new LineKeys(keyColumns, [...keyColumns.keys()]);
  return new Set([...linesIn(json)].map(([from]) => lineKeys.of(json, from)));
}

/** The fields of a key in the order of the columns. */
function inOrder(text: string, key: readonly number[]): string {
  if (key.length === 1) return text;
  const fields = text.split('\t').map((field, index) => [key[index] ?? 0, field] as const);
  return fields
    .toSorted(([a], [b]) => a - b)
    .map(([, field]) => field)
    .join('\t');
}

/** Views of the lines with those keys; the JSON form is canonical, so that equal keys are equal bytes in it. */
function findLines(json: Buffer, keys: LineKeys, missing: Set<string>, rows: number): Buffer[] | undefined {
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

function haveSameKeys(found: Uint8Array, keys: readonly string[], key: readonly number[]): boolean {
  const wanted = new Set(keys);
  for (const row of rowsOf(found)) if (!wanted.delete(keyText(row, key))) return false;
  return wanted.size === 0;
}
