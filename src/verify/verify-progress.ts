import type { Reporter } from '../core/events.ts';

/** Counts what was verified, and tells the reporter. */
export class VerifyProgress {
  readonly #reporter: Reporter;
  #phase = '';
  #noun = 'rows';
  #totalRows = 0;
  #rows = 0;
  #chunks = 0;
  #bytes = 0;

  constructor(reporter: Reporter) {
    this.#reporter = reporter;
  }

  start(phase: string, tables: readonly { readonly name: string }[], totalRows: number): void {
    this.#phase = phase;
    this.#noun = tables.length === 1 && tables[0]?.name === 'articles' ? 'articles' : 'rows';
    this.#totalRows = totalRows;
    this.#rows = 0;
    this.#chunks = 0;
    this.#tell();
  }

  /** @param bytes that came from the store */
  done(rows: number, chunks: number, bytes: number): void {
    this.#rows += rows;
    this.#chunks += chunks;
    this.#bytes += bytes;
    this.#tell();
  }

  #tell(): void {
    this.#reporter.progress({
      phase: this.#phase,
      noun: this.#noun,
      rows: this.#rows,
      totalRows: this.#totalRows,
      chunks: this.#chunks,
      bytes: this.#bytes,
    });
  }
}
