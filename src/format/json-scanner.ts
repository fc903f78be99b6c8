import { findValueEnd, type ValueSearch } from './json-value.ts';
import { TextWindow } from './text-window.ts';

/**
 * Reads one JSON text from pieces of any size, in memory of its largest single value: some objects and lists are opened,
 * and their members and elements handed over one by one; everything else is handed over as a whole, parsed.
 */

/** What is opened: `members` of an object by name, or the `elements` of a list. Undefined: taken as a whole. */
export interface Opened {
  readonly members?: Readonly<Record<string, Opened>>;
  readonly elements?: Opened | 'whole';
}

export interface ScanHandler {
  /** A value that is not opened: member `name` of the object opened last, or an element of the list opened last. */
  value(value: unknown, name: string | undefined): void;
  /** An object or list begins that is opened; `name` as in `value`. */
  open(name: string | undefined): void;
  /** It ends. */
  close(): void;
  /**
   * Looks at an element that begins at `start`, of a list whose elements are handed over. Where the handler has taken it itself,
   * it gives its end. What lies behind `end` is none of the text.
   */
  element?(bytes: Buffer, start: number, end: number): number | undefined;
}

/** Of an object that is opened. */
const mostMembers = 10_000;

interface Frame {
  readonly shape: Opened;
  readonly isList: boolean;
  /** Of an object: names so far. A name that comes twice could mean one value to one reader, the other to another. */
  readonly names: Set<string>;
  /** Of an object: the member whose value comes next. */
  name: string | undefined;
  expects: 'first' | 'item' | 'value' | 'next';
}

const [quote, comma, colon] = [0x22, 0x2c, 0x3a];
const [openBrace, closeBrace, openBracket, closeBracket] = [0x7b, 0x7d, 0x5b, 0x5d];

export class JsonScanner {
  readonly #root: Opened;
  readonly #handler: ScanHandler;
  readonly #text: TextWindow;
  readonly #frames: Frame[] = [];
  #search: ValueSearch | undefined;
  #isDone = false;

  /** @param mostBytes of a single value */
  constructor(root: Opened, handler: ScanHandler, mostBytes: number) {
    this.#root = root;
    this.#handler = handler;
    this.#text = new TextWindow(mostBytes);
  }

  /** @throws SyntaxError where the text is no JSON, has a member twice, or a value that is too large */
  push(bytes: Uint8Array): void {
    this.#text.append(bytes);
    while (this.#step());
    this.#text.discard();
  }

  /** @throws SyntaxError where the text does not end here */
  end(): void {
    if (!this.#isDone) throw new SyntaxError('it ends too early');
  }

  /** Takes one more token; false where it is not there yet. */
  #step(): boolean {
    const byte = this.#text.skipSpace();
    if (byte === undefined) return false;
    if (this.#isDone) throw this.#unexpected();
    const frame = this.#frames.at(-1);
    if (!frame) return this.#value(byte, this.#root, undefined);
    if (frame.expects === 'next') return this.#next(frame, byte);
    if (frame.expects === 'first' && byte === (frame.isList ? closeBracket : closeBrace))
      return this.#close();
    if (frame.isList) {
      const { elements } = frame.shape;
      return elements === 'whole'
        ? this.#known(byte) || this.#line(byte) || this.#whole(undefined)
        : this.#value(byte, elements, undefined);
    }
    if (frame.expects === 'value')
      return this.#value(byte, frame.shape.members?.[frame.name ?? ''], frame.name);
    return this.#name(frame, byte);
  }

  #next(frame: Frame, byte: number): boolean {
    if (byte === (frame.isList ? closeBracket : closeBrace)) return this.#close();
    if (byte !== comma) throw this.#unexpected();
    this.#text.take(1);
    frame.expects = 'item';
    return true;
  }

  #name(frame: Frame, byte: number): boolean {
    if (byte !== quote) throw this.#unexpected();
    const end = this.#endOfValue();
    if (end === undefined) return false;
    const after = this.#text.skipSpace(end);
    if (after === undefined) return false;
    const name = JSON.parse(this.#text.textTo(end)) as string;
    if (after !== colon) throw this.#unexpected();
    if (frame.names.has(name)) throw new SyntaxError(`it has member ${name.slice(0, 100)} twice`);
    if (frame.names.size === mostMembers) throw new SyntaxError('it has an object of too many members');
    frame.names.add(name);
    this.#text.takeThrough(colon, end);
    this.#search = undefined;
    frame.name = name;
    frame.expects = 'value';
    return true;
  }

  #value(byte: number, shape: Opened | undefined, name: string | undefined): boolean {
    const isOpened =
      (byte === openBrace && shape?.members !== undefined) ||
      (byte === openBracket && shape?.elements !== undefined);
    if (!shape || !isOpened) return this.#whole(name);
    this.#text.take(1);
    this.#handler.open(name);
    const isList = byte === openBracket;
    this.#frames.push({ shape, isList, names: new Set(), name: undefined, expects: 'first' });
    return true;
  }

  /** An element that the handler reads. */
  #known(byte: number): boolean {
    if (byte !== openBrace || this.#search) return false;
    const { memory, start, end } = this.#text;
    const elementEnd = this.#handler.element?.(memory, start, end);
    if (elementEnd === undefined) return false;
    this.#text.take(elementEnd - start);
    this.#done();
    return true;
  }

  /** An element that is a line of its own: by far the most of a large text, and its end is found fastest. */
  #line(byte: number): boolean {
    const line = byte === openBrace && !this.#search ? this.#text.line() : undefined;
    const value = line && parseOrUndefined(line.text);
    if (!line || value === undefined) return false;
    this.#text.take(line.bytes);
    this.#handOver(value, undefined);
    return true;
  }

  #whole(name: string | undefined): boolean {
    const end = this.#endOfValue();
    if (end === undefined) return false;
    const value: unknown = JSON.parse(this.#text.textTo(end));
    this.#search = undefined;
    this.#text.take(end);
    this.#handOver(value, name);
    return true;
  }

  #handOver(value: unknown, name: string | undefined): void {
    this.#handler.value(value, name);
    this.#done();
  }

  #close(): boolean {
    this.#text.take(1);
    this.#frames.pop();
    this.#handler.close();
    this.#done();
    return true;
  }

  #done(): void {
    const frame = this.#frames.at(-1);
    if (frame) frame.expects = 'next';
    else this.#isDone = true;
  }

  #endOfValue(): number | undefined {
    this.#search ??= { at: 0, depth: 0, isText: false, end: undefined };
    return findValueEnd(this.#text.bytes, this.#search);
  }

  #unexpected(): SyntaxError {
    return new SyntaxError(
      `unexpected ${JSON.stringify(this.#text.textTo(1))} at byte ${this.#text.position}`,
    );
  }
}

function parseOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
