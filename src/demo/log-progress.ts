/** Adds up the rows of what a command says it has stored, restored or checked, line by line of its log. */
export class LogProgress {
  readonly #tell: (rows: number) => void;
  #rows = 0;

  constructor(tell: (rows: number) => void) {
    this.#tell = tell;
  }

  read(line: string): void {
    const rows = / \| DEBUG \| (?:Stored|Restored|Checked) .* rows=(\d+)/.exec(line)?.[1];
    if (rows === undefined) return;
    this.#rows += Number(rows);
    this.#tell(this.#rows);
  }
}
