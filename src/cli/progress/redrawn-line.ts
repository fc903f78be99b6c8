import type { OutputStream } from '../host.ts';

const eraseLine = '\r\u001b[K';

/** The last line of a terminal, redrawn in place; every change is a single write, so that nothing flickers. */
export class RedrawnLine {
  readonly #stream: OutputStream;
  #text = '';

  constructor(stream: OutputStream) {
    this.#stream = stream;
  }

  draw(text: string): void {
    if (text === this.#text) return;
    this.#text = text;
    // Written first and erased behind: the line is never seen empty.
    this.#stream.write(`\r${text}\u001b[K`);
  }

  /** Prints a line above, and the redrawn one again below it. */
  printAbove(line: string): void {
    this.#stream.write(this.#text === '' ? `${line}\n` : `${eraseLine}${line}\n${this.#text}`);
  }

  clear(): void {
    if (this.#text !== '') this.#stream.write(eraseLine);
    this.#text = '';
  }
}
