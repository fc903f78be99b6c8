/** Longer lines are not looked for: a text without any would be searched to its end for each of its values. */
const mostLine = 16 * 1024;

/** The part of a text that has come and was not taken yet. */
export class TextWindow {
  readonly #mostBytes: number;
  #buffer = Buffer.alloc(0);
  #from = 0;
  #to = 0;
  #discarded = 0;

  /** @param mostBytes that may wait to be taken at a time, beside one piece */
  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  /** Where what was not taken lies, until `append` or `discard` is called again. */
  get memory(): Buffer {
    return this.#buffer;
  }

  get start(): number {
    return this.#from;
  }

  get end(): number {
    return this.#to;
  }

  /** What was not taken, until `append` is called again. */
  get bytes(): Buffer {
    return this.#buffer.subarray(this.#from, this.#to);
  }

  /** Bytes taken so far. */
  get position(): number {
    return this.#discarded + this.#from;
  }

  /** @throws SyntaxError where more waits already than may */
  append(piece: Uint8Array): void {
    const waiting = this.#to - this.#from;
    if (waiting > this.#mostBytes)
      throw new SyntaxError(`it has a value of more than ${this.#mostBytes} bytes`);
    this.discard();
    const needed = waiting + piece.length;
    if (needed > this.#buffer.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.#buffer.length));
      this.#buffer.copy(larger, 0, 0, waiting);
      this.#buffer = larger;
    }
    this.#buffer.set(piece, waiting);
    this.#to = needed;
  }

  /** Lets go of what was taken. */
  discard(): void {
    if (this.#from === 0) return;
    this.#buffer.copyWithin(0, this.#from, this.#to);
    this.#discarded += this.#from;
    this.#to -= this.#from;
    this.#from = 0;
  }

  /** The first byte at or after `from` that is no space, which is taken where `from` is not given; undefined at the end. */
  skipSpace(from?: number): number | undefined {
    let at = this.#from + (from ?? 0);
    while (at < this.#to && isSpace(this.#buffer[at] ?? 0)) at += 1;
    if (from === undefined) this.#from = at;
    return at < this.#to ? this.#buffer[at] : undefined;
  }

  /** The text up to the next line feed, without a comma before it; undefined where none has come or it is far away. */
  line(): { readonly text: string; readonly bytes: number } | undefined {
    const seen = this.#buffer.subarray(this.#from, Math.min(this.#to, this.#from + mostLine));
    const end = this.#from + seen.indexOf(0x0a);
    if (end < this.#from) return undefined;
    const last = this.#buffer[end - 1] === 0x2c ? end - 1 : end;
    return { text: this.#buffer.toString('utf8', this.#from, last), bytes: last - this.#from };
  }

  textTo(length: number): string {
    return this.#buffer.toString('utf8', this.#from, Math.min(this.#from + length, this.#to));
  }

  take(bytes: number): void {
    this.#from += bytes;
  }

  /** Takes all up to `byte`, which stands at or after `from`, and `byte` itself. */
  takeThrough(byte: number, from: number): void {
    this.#from = this.#buffer.indexOf(byte, this.#from + from) + 1;
  }
}

/** Whether JSON allows the byte between values. */
export function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
