import type { Reporter } from '../core/events.ts';

/** Counts what was written, and tells the reporter. */
export class ExportProgress {
  readonly #reporter: Reporter;
  readonly #phase: string;
  readonly #noun: string;
  readonly #totalRows: number;
  #rows = 0;
  #ranges = 0;
  #bytes = 0;

  constructor(tables: readonly { readonly name: string; readonly rows: number }[], reporter: Reporter) {
    const only = tables.length === 1 ? tables[0]?.name : undefined;
    this.#reporter = reporter;
    this.#phase = `exporting ${only ?? `${tables.length} tables`}`;
    this.#noun = only === 'articles' ? only : 'rows';
    this.#totalRows = tables.reduce((sum, { rows }) => sum + rows, 0);
    this.done(0, 0);
  }

  /** @param bytes written */
  done(rows: number, bytes: number): void {
    this.#rows += rows;
    this.#ranges += bytes > 0 ? 1 : 0;
    this.#bytes += bytes;
    this.#reporter.progress({
      phase: this.#phase,
      noun: this.#noun,
      rows: this.#rows,
      totalRows: this.#totalRows,
      chunks: this.#ranges,
      bytes: this.#bytes,
    });
  }
}
