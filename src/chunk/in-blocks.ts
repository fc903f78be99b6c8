import { releaseMemory } from '../core/release-memory.ts';
import { NEWLINE } from './bytes.ts';

/**
 * So many bytes are worked on at once: small enough for the processor's cache, and for a workspace that is small beside a
 * chunk. A row that is wider is a block of its own.
 */
export const blockBytes = 256 * 1024;

const start = Buffer.from('[\n');
const between = Buffer.from(',\n');
const end = Buffer.from('\n]\n');
const noRows = Buffer.from('[\n]\n');
const empty = Buffer.alloc(0);
const bracket = 0x5d;

/** Cuts `COPY` text behind newlines into views of some `most` bytes, or one row; what follows the last newline belongs to the last. */
export function* cutRows(copyText: Uint8Array, most = blockBytes): Generator<Uint8Array> {
  let from = 0;
  while (copyText.length - from > most) {
    const before = copyText.lastIndexOf(NEWLINE, from + most - 1) + 1;
    const to = before > from ? before : copyText.indexOf(NEWLINE, from + most) + 1;
    if (to === 0 || to === copyText.length) break;
    yield copyText.subarray(from, to);
    from = to;
  }
  yield copyText.subarray(from);
}

/**
 * Cuts the JSON form between rows into files of the same form, of some `most` bytes or one row. No value holds a raw newline,
 * so that one after a comma stands between two rows. A file may lie in memory that the next one is put into, of this JSON
 * or another.
 */
export function* cutLines(json: Uint8Array, most = blockBytes): Generator<Uint8Array> {
  const whole = Buffer.from(json.buffer, json.byteOffset, json.byteLength);
  let from = 0;
  while (whole.length - from > most) {
    const cut = lastCut(whole, from, from + most);
    if (cut < 0) break;
    yield joinFile(from === 0 ? empty : start, whole.subarray(from, cut), end);
    from = cut + between.length;
  }
  const rest = whole.subarray(from);
  // After a comma comes a row: the bracket alone would make a file of no rows, and does not decode by itself.
  yield from === 0 || rest[0] === bracket ? rest : joinFile(start, rest);
}

/** One of the usual size. */
let fileMemory = empty;

/** The parts, one after the other, in memory that the next ones are put into. */
function joinFile(...parts: readonly Uint8Array[]): Buffer {
  const bytes = parts.reduce((sum, { length }) => sum + length, 0);
  const isUsual = bytes <= 2 * blockBytes;
  if (isUsual && fileMemory.length === 0) fileMemory = Buffer.allocUnsafeSlow(2 * blockBytes);
  const file = (isUsual ? fileMemory : Buffer.allocUnsafeSlow(bytes)).subarray(0, bytes);
  let at = 0;
  for (const part of parts) {
    file.set(part, at);
    at += part.length;
  }
  return file;
}

/** The last end of a row before `to`, or the first one after it where there is none; -1 where no other row follows. */
function lastCut(json: Buffer, from: number, to: number): number {
  const before = json.lastIndexOf(between, to);
  return before > from ? before : json.indexOf(between, to);
}

/** What a block's JSON form is in the form of all rows: its rows, without brackets but for the outermost, behind a comma. */
export function linesOf(json: Uint8Array, isFirst: boolean, isLast: boolean): readonly Uint8Array[] {
  const rows = json.subarray(isFirst ? 0 : start.length, isLast ? json.length : json.length - end.length);
  return isFirst ? [rows] : [between, rows];
}

/** Where the first row of the JSON form begins, and how many bytes are behind its last one. */
export const frame = { before: start.length, behind: end.length };

/** Rows of the JSON form, without what stands between them, as a file of the same form; one at least. */
export function fileOfRows(rows: readonly Uint8Array[]): Buffer {
  const parts = rows.flatMap((row, index) => [index === 0 ? start : between, row]);
  return Buffer.concat([...parts, end]);
}

/** What follows the rows in the form of all of them: that of no rows is no more than this. */
export function endOfLines(isEmpty: boolean): Uint8Array {
  return isEmpty ? noRows : end;
}

/**
 * Rows as `linesOf` gives them, but for the last of all, as a file of the same form: in memory that the next one is put into. Where
 * they do not begin as they should, the file is none either.
 */
export function fileOfLines(lines: Buffer, isFirst: boolean): Uint8Array {
  if (isFirst || !lines.subarray(0, between.length).equals(between)) return joinFile(lines, end);
  return joinFile(start, lines.subarray(between.length), end);
}

/**
 * Chunks of one table have nearly the same size. Where their memory has the very same, what one frees fits the next: else it
 * becomes a hole that is a little too small, and memory grows by holes.
 */
function roundUp(bytes: number): number {
  const step = bytes < 2 * blockBytes ? 1 : blockBytes;
  return Math.ceil(bytes / step) * step;
}

/** Bytes that come in pieces, in one memory of about their size. */
export class Gathered {
  #memory = empty;
  #length = 0;

  /** @param share how much of all bytes has come with this piece, above 0 and at most 1: tells how many are to come */
  add(piece: Uint8Array, share: number): void {
    const length = this.#length + piece.length;
    if (length > this.#memory.length) this.#resize(share < 1 ? roundUp((length / share) * 1.02) : length);
    this.#memory.set(piece, this.#length);
    this.#length = length;
  }

  /** Bytes so far. */
  get length(): number {
    return this.#length;
  }

  /** All of them so far: a view. */
  view(): Buffer {
    return this.#memory.subarray(0, this.#length);
  }

  /** All of them, with some room behind them in the array buffer that is their own. Nothing can be added any more. */
  endWithRoom(): Buffer {
    return this.view();
  }

  /** All of them, in an array buffer of their own size. Nothing can be added any more. */
  end(): Buffer {
    this.#resize(this.#length);
    return this.#memory;
  }

  #resize(bytes: number): void {
    if (bytes === this.#memory.length) return;
    const memory = Buffer.allocUnsafeSlow(bytes);
    memory.set(this.view());
    releaseMemory(this.#memory);
    this.#memory = memory;
  }
}
