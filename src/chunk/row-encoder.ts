import { BackupError } from '../core/errors.ts';
import type { ColumnEncoding, ColumnFormat } from '../format/columns.ts';
import {
  BACKSLASH,
  LOWER_E,
  LOWER_F,
  LOWER_T,
  LOWER_V,
  NEWLINE,
  QUOTE,
  TAB,
  UPPER_N,
  UPPER_Z,
  VERTICAL_TAB,
  isRawControl,
  putUnicodeEscape,
} from './bytes.ts';
import { integerEnd, numberEnd } from './number-text.ts';
import { placeInCopyText } from './place.ts';
import { FALS_WORD, NULL_WORD, TRUE_WORD, layoutOf, type FixedBytes, type RowLayout } from './row-layout.ts';
import { endsWithUtc, escapeForeign, markDate, shortenUtc } from './timestamp-text.ts';
import { UsualRows } from './usual-rows.ts';
import { fromAfter, toAfter } from './wasm/text.ts';
import type { Program, Workspace } from './wasm/workspace.ts';

/**
 * One pass over `COPY` text in a workspace that writes the JSON form behind it. Every scan ends at a newline at the
 * latest, and the text ends with one: that is what bounds them all.
 */
export class RowEncoder {
  readonly #workspace: Workspace;
  readonly #program: Program;
  readonly #columns: readonly ColumnFormat[];
  readonly #layout: RowLayout;
  readonly #usual: UsualRows;
  readonly #end: number;
  /** All memory of the workspace: what is read and what is written. */
  #bytes: Uint8Array;
  #view: DataView;
  /** Address of the next byte to read, and of the next to write. */
  #from: number;
  #to: number;

  constructor(workspace: Workspace, columns: readonly ColumnFormat[]) {
    this.#workspace = workspace;
    this.#program = workspace.program;
    this.#columns = columns;
    this.#layout = layoutOf(columns);
    this.#end = workspace.inputEnd;
    this.#bytes = workspace.bytes;
    this.#view = workspace.view;
    this.#from = workspace.inputStart;
    this.#to = workspace.outputStart;
    this.#usual = new UsualRows(workspace, this.#layout);
  }

  /** Returns the address where the JSON ends; it begins at the workspace's `outputStart`. */
  encode(): number {
    const layout = this.#layout;
    this.#reserve();
    if (this.#from === this.#end) {
      this.#writeFixed(layout.emptyFile);
      return this.#to;
    }
    if (this.#bytes[this.#end - 1] !== NEWLINE) this.#fail('the last row is cut short', this.#end);
    this.#writeFixed(layout.fileStart);
    this.#writeRow();
    while (this.#from < this.#end) {
      this.#reserve();
      const rows = this.#usual.take('encodeRows', this.#from, this.#to);
      this.#from = this.#usual.from;
      this.#to = this.#usual.to;
      if (rows > 0) continue;
      this.#writeFixed(layout.rowStart);
      this.#writeRow();
    }
    this.#writeFixed(layout.fileEnd);
    return this.#to;
  }

  #writeRow(): void {
    const { encodings, before } = this.#layout;
    const count = encodings.length;
    for (let column = 0; column < count; column++) {
      if (column > 0) {
        if (this.#bytes[this.#from] !== TAB) this.#failAtSeparator();
        this.#from++;
        this.#writeFixed(before[column] as FixedBytes);
      }
      this.#writeValue(encodings[column] as ColumnEncoding);
    }
    if (this.#bytes[this.#from] !== NEWLINE) this.#failAtSeparator();
    this.#from++;
  }

  #writeValue(encoding: ColumnEncoding): void {
    const from = this.#from;
    if (this.#bytes[from] === BACKSLASH && this.#bytes[from + 1] === UPPER_N) {
      this.#view.setInt32(this.#to, NULL_WORD, true);
      this.#to += 4;
      this.#from += 2;
      return;
    }
    switch (encoding) {
      case 'text':
        return this.#writeText();
      case 'integer':
        return this.#writeNumber(integerEnd(this.#bytes, from));
      case 'float':
        return this.#writeNumber(numberEnd(this.#bytes, from));
      case 'boolean':
        return this.#writeBoolean();
      case 'timestamp':
        return this.#writeTimestamp(false);
      case 'timestamptz':
        return this.#writeTimestamp(true);
    }
  }

  #writeNumber(end: number): void {
    if (end < 0 || !this.#endsValue(end)) return this.#writeText();
    const bytes = this.#bytes;
    let to = this.#to;
    for (let from = this.#from; from < end; from++) bytes[to++] = bytes[from] as number;
    this.#from = end;
    this.#to = to;
  }

  #writeBoolean(): void {
    const byte = this.#bytes[this.#from];
    if ((byte !== LOWER_T && byte !== LOWER_F) || !this.#endsValue(this.#from + 1)) return this.#writeText();
    this.#view.setInt32(this.#to, byte === LOWER_T ? TRUE_WORD : FALS_WORD, true);
    this.#to += 4;
    if (byte === LOWER_F) this.#bytes[this.#to++] = LOWER_E;
    this.#from++;
  }

  #endsValue(at: number): boolean {
    return this.#bytes[at] === TAB || this.#bytes[at] === NEWLINE;
  }

  #writeText(): void {
    this.#bytes[this.#to++] = QUOTE;
    for (;;) {
      this.#program.encodeText(this.#from, this.#to, Math.max(0, this.#bytes.length - this.#needed()));
      this.#from = this.#view.getUint32(fromAfter, true);
      this.#to = this.#view.getUint32(toAfter, true);
      const byte = this.#bytes[this.#from] as number;
      if (byte === TAB || byte === NEWLINE) break;
      if (byte === BACKSLASH) this.#writeVerticalTab();
      else if (byte !== QUOTE) this.#writeControl(byte);
      this.#reserve();
    }
    this.#bytes[this.#to++] = QUOTE;
  }

  /** The only escape of `COPY` text that JSON does not share. */
  #writeVerticalTab(): void {
    if (this.#bytes[this.#from + 1] !== LOWER_V) this.#fail('an escape that COPY does not write', this.#from);
    this.#writeUnicode(VERTICAL_TAB);
    this.#from += 2;
  }

  #writeControl(byte: number): void {
    if (!isRawControl(byte)) this.#fail('a control character that COPY does not write', this.#from);
    this.#writeUnicode(byte);
    this.#from++;
  }

  #writeUnicode(byte: number): void {
    putUnicodeEscape(this.#bytes, this.#to, byte);
    this.#to += 6;
  }

  #writeTimestamp(withZone: boolean): void {
    const start = this.#to + 1;
    this.#writeText();
    const foreign = markDate(this.#bytes, start, this.#to);
    if (foreign > 0) {
      this.#reserve(5 * foreign);
      escapeForeign(this.#bytes, start, this.#to, foreign);
      this.#to += 5 * foreign;
    }
    if (withZone) this.#writeZone(start);
  }

  #writeZone(start: number): void {
    const end = this.#to - 1;
    if (endsWithUtc(this.#bytes, start, end)) {
      this.#to = shortenUtc(this.#bytes, end);
      this.#bytes[this.#to++] = QUOTE;
    } else if (end > start && this.#bytes[end - 1] === UPPER_Z) {
      this.#to = end - 1;
      this.#writeUnicode(UPPER_Z);
      this.#bytes[this.#to++] = QUOTE;
      this.#reserve();
    }
  }

  #writeFixed({ words, length }: FixedBytes): void {
    const view = this.#view;
    const to = this.#to;
    for (let index = 0; index < words.length; index++)
      view.setInt32(to + index * 4, words[index] as number, true);
    this.#to = to + length;
  }

  /** Where memory must reach to: room for all that is still to be read, verbatim, and for what a row has around it. */
  #needed(): number {
    return this.#to + (this.#end - this.#from) + this.#layout.maxOverhead;
  }

  /** Makes that room, `extra` bytes, and some more for escapes. */
  #reserve(extra = 0): void {
    const needed = this.#needed() + extra;
    if (needed < this.#bytes.length) return;
    this.#workspace.ensure(needed);
    this.#bytes = this.#workspace.bytes;
    this.#view = this.#workspace.view;
  }

  #failAtSeparator(): never {
    const byte = this.#bytes[this.#from];
    const problem =
      byte === NEWLINE
        ? 'too few columns'
        : byte === TAB
          ? 'too many columns'
          : 'more after the end of a value';
    this.#fail(problem, this.#from);
  }

  #fail(problem: string, address: number): never {
    const copyText = this.#bytes.subarray(this.#workspace.inputStart, this.#end);
    const place = placeInCopyText(copyText, address - this.#workspace.inputStart, this.#columns);
    throw new BackupError('E_ENCODE', `${place}: ${problem}`);
  }
}
