/** Follows in a command's log how many rows it has stored, restored or checked. */
export class LogProgress {
  readonly #tell: (rows: number) => void;
  #rows = 0;

  constructor(tell: (rows: number) => void) {
    this.#tell = tell;
  }

  /** A chunk's line tells of that chunk, a progress line, which comes every few seconds, of all so far. */
  read(line: string): void {
    const stored = / \| DEBUG \| Stored .* rows=(\d+)/.exec(line)?.[1];
    const all = / \| INFO \| \S+ Progress: [\d,]+ chunks, ([\d,]+) /.exec(line)?.[1];
    if (stored !== undefined) this.#rows += Number(stored);
    else if (all !== undefined) this.#rows = Math.max(this.#rows, Number(all.replaceAll(',', '')));
    else return;
    this.#tell(this.#rows);
  }
}
