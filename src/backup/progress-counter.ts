import type { Reporter } from '../core/events.ts';
import type { ChunkEntry } from '../format/manifest.ts';

/** Counts what a run has shipped, and tells the reporter. */
export class ProgressCounter {
  readonly #reporter: Reporter;
  #phase = '';
  #noun = '';
  #totalRows = 0;
  #rows = 0;
  #rowsBefore = 0;
  #chunks = 0;
  #bytes = 0;
  #copyBytes = 0;
  #retries = 0;

  constructor(reporter: Reporter) {
    this.#reporter = reporter;
  }

  start(phase: string, noun: string, totalRows: number): void {
    this.#phase = phase;
    this.#noun = noun;
    this.#totalRows = totalRows;
    this.#rowsBefore += this.#rows;
    this.#rows = 0;
    this.#tell();
  }

  shipped(chunk: ChunkEntry): void {
    this.#chunks += 1;
    this.#bytes += chunk.bytes;
    this.#copyBytes += chunk.copyBytes;
    this.#rows += chunk.rows;
    this.#tell();
  }

  retried(): void {
    this.#retries += 1;
  }

  /** Rows of the chunks stored, in all phases together. */
  get rowsShipped(): number {
    return this.#rowsBefore + this.#rows;
  }

  get chunks(): number {
    return this.#chunks;
  }

  /** Bytes of the chunks stored. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Bytes of `COPY` text in them. */
  get copyBytes(): number {
    return this.#copyBytes;
  }

  get retries(): number {
    return this.#retries;
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
