import { BackupError } from '../core/errors.ts';
import type { ColumnEncoding, ColumnFormat } from '../format/columns.ts';
import {
  BACKSLASH,
  LOWER_E,
  LOWER_F,
  LOWER_N,
  LOWER_T,
  LOWER_U,
  LOWER_V,
  NEWLINE,
  QUOTE,
  TAB,
  UPPER_N,
  UPPER_T,
  UPPER_Z,
  VERTICAL_TAB,
  isRawControl,
} from './bytes.ts';
import { integerEnd, numberEnd } from './number-text.ts';
import { placeName } from './place.ts';
import { FALS_WORD, NULL_WORD, TRUE_WORD, layoutOf, type FixedBytes, type RowLayout } from './row-layout.ts';
import { ESCAPED_T, endsWithUtc, restoreDate, restoreUtc } from './timestamp-text.ts';
import { UsualRows } from './usual-rows.ts';
import { fromAfter, toAfter } from './wasm/text.ts';
import type { Program, Workspace } from './wasm/workspace.ts';

/**
 * One pass over the JSON form in a workspace that writes `COPY` text behind it. Every scan ends at a control character
 * at the latest, and the file must end with a newline: that is what bounds them all.
 */
export class RowDecoder {
  readonly #columns: readonly ColumnFormat[];
  readonly #layout: RowLayout;
  readonly #usual: UsualRows;
  readonly #program: Program;
  /** All memory of the workspace: what is read and what is written. */
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #end: number;
  /** Address of the next byte to read, and of the next to write. */
  #from: number;
  #to: number;
  #row = 0;
  #column = 0;
  /** Whether a form was met that is canonical only in rare cases: the caller must encode again and compare. */
  doubtful = false;

  constructor(workspace: Workspace, columns: readonly ColumnFormat[]) {
    this.#columns = columns;
    this.#layout = layoutOf(columns);
    this.#program = workspace.program;
    this.#bytes = workspace.bytes;
    this.#view = workspace.view;
    this.#end = workspace.inputEnd;
    this.#from = workspace.inputStart;
    this.#to = workspace.outputStart;
    this.#usual = new UsualRows(workspace, this.#layout);
  }

  /** Returns the address where the `COPY` text ends; it begins at the workspace's `outputStart`. */
  decode(): number {
    const { emptyFile, fileStart, rowStart, fileEnd } = this.#layout;
    if (this.#end - this.#from === emptyFile.length && this.#matches(emptyFile)) return this.#to;
    if (this.#bytes[this.#end - 1] !== NEWLINE) this.#fail('the file is cut short');
    this.#expect(fileStart);
    this.#readRow();
    for (;;) {
      this.#row += this.#usual.take('decodeRows', this.#from, this.#to);
      this.#from = this.#usual.from;
      this.#to = this.#usual.to;
      if (!this.#matches(rowStart)) break;
      this.#from += rowStart.length;
      this.#readRow();
    }
    this.#expect(fileEnd);
    if (this.#from !== this.#end) this.#fail('more after the end of the file');
    return this.#to;
  }

  #readRow(): void {
    const { encodings, before } = this.#layout;
    const count = encodings.length;
    this.#row++;
    for (let column = 0; column < count; column++) {
      this.#column = column;
      if (column > 0) {
        this.#expect(before[column] as FixedBytes);
        this.#bytes[this.#to++] = TAB;
      }
      this.#readValue(encodings[column] as ColumnEncoding);
    }
    this.#bytes[this.#to++] = NEWLINE;
  }

  #readValue(encoding: ColumnEncoding): void {
    const first = this.#bytes[this.#from];
    if (first === QUOTE) return this.#readString(encoding);
    if (first === LOWER_N) return this.#readNull();
    switch (encoding) {
      case 'integer':
        return this.#readNumber(integerEnd(this.#bytes, this.#from));
      case 'float':
        return this.#readNumber(numberEnd(this.#bytes, this.#from));
      case 'boolean':
        return this.#readBoolean(first === LOWER_T);
      case 'timestamp':
      case 'timestamptz':
      case 'text':
        this.#fail('neither a string nor null');
    }
  }

  #readNull(): void {
    this.#expectWord(NULL_WORD);
    this.#bytes[this.#to++] = BACKSLASH;
    this.#bytes[this.#to++] = UPPER_N;
  }

  #readNumber(end: number): void {
    if (end < 0) this.#fail('neither a number, a string nor null');
    const bytes = this.#bytes;
    let to = this.#to;
    for (let from = this.#from; from < end; from++) bytes[to++] = bytes[from] as number;
    this.#from = end;
    this.#to = to;
  }

  #readBoolean(value: boolean): void {
    this.#expectWord(value ? TRUE_WORD : FALS_WORD);
    if (!value && this.#bytes[this.#from++] !== LOWER_E) this.#fail('neither true, false nor null');
    this.#bytes[this.#to++] = value ? LOWER_T : LOWER_F;
  }

  #readString(encoding: ColumnEncoding): void {
    const start = this.#to;
    this.#readText();
    switch (encoding) {
      case 'text':
        return;
      case 'timestamp':
        return this.#restoreTimestamp(start, false);
      case 'timestamptz':
        return this.#restoreTimestamp(start, true);
      case 'boolean':
        this.doubtful = true;
        return;
      case 'integer':
        return this.#refuseNumber(integerEnd(this.#bytes, start));
      case 'float':
        return this.#refuseNumber(numberEnd(this.#bytes, start));
    }
  }

  /** A value that could stand as a number must not stand as a string. */
  #refuseNumber(end: number): void {
    if (end === this.#to) this.#fail('a number in quotes');
  }

  #readText(): void {
    this.#from++;
    for (;;) {
      this.#program.decodeText(this.#from, this.#to, 0);
      this.#from = this.#view.getUint32(fromAfter, true);
      this.#to = this.#view.getUint32(toAfter, true);
      const byte = this.#bytes[this.#from];
      if (byte === QUOTE) break;
      if (byte !== BACKSLASH) this.#fail('a control character in a string');
      if (this.#bytes[this.#from + 1] !== LOWER_U) this.#fail('an unknown escape');
      this.#readUnicode();
      this.#from += 6;
    }
    this.#from++;
    // Ends the digits for whoever looks for a number in what was written.
    this.#bytes[this.#to] = NEWLINE;
  }

  #readUnicode(): void {
    const digits = String.fromCharCode(...this.#bytes.subarray(this.#from + 2, this.#from + 6));
    const code = /^(?:00[0-9a-f]{2}|dc[89a-f][0-9a-f])$/.test(digits) ? Number.parseInt(digits, 16) : 0;
    if (code === VERTICAL_TAB) {
      this.#bytes[this.#to++] = BACKSLASH;
      this.#bytes[this.#to++] = LOWER_V;
    } else if (isRawControl(code)) {
      this.#bytes[this.#to++] = code;
    } else if (code > 0xff || code === UPPER_T || code === UPPER_Z) {
      this.doubtful = true;
      this.#bytes[this.#to++] = code === UPPER_T ? ESCAPED_T : code & 0xff;
    } else {
      this.#fail('an escape that is not needed');
    }
  }

  #restoreTimestamp(start: number, withZone: boolean): void {
    const bytes = this.#bytes;
    if (!restoreDate(bytes, start, this.#to)) this.#fail('a timestamp without T');
    if (!withZone) return;
    if (bytes[this.#from - 2] === UPPER_Z) this.#to = restoreUtc(bytes, this.#to);
    else if (endsWithUtc(bytes, start, this.#to)) this.#fail('a timestamp without Z');
  }

  #expectWord(word: number): void {
    if (this.#from + 4 > this.#end || this.#view.getInt32(this.#from, true) !== word) {
      this.#fail('not a value of its column');
    }
    this.#from += 4;
  }

  #expect(bytes: FixedBytes): void {
    if (!this.#matches(bytes)) this.#fail('no chunk of a table with these columns');
    this.#from += bytes.length;
  }

  #matches({ words, length, lastMask }: FixedBytes): boolean {
    const view = this.#view;
    const from = this.#from;
    // What lies in memory behind the file is of another use, and must never be taken for a part of it.
    if (from + length > this.#end) return false;
    const last = words.length - 1;
    for (let index = 0; index < last; index++) {
      if (view.getInt32(from + index * 4, true) !== words[index]) return false;
    }
    return ((view.getInt32(from + last * 4, true) ^ (words[last] as number)) & lastMask) === 0;
  }

  #fail(problem: string): never {
    const place = this.#row === 0 ? '' : `${placeName(this.#row, this.#columns[this.#column])}: `;
    throw new BackupError('E_CHUNK_DAMAGED', `${place}${problem}`);
  }
}
