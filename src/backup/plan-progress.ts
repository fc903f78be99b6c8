import type { Reporter } from '../core/events.ts';

/** So often a plan that takes long says how far it has come. */
const tellEveryMs = 10_000;

/** How far the scan of the tables has come, for who waits for it. */
export class PlanProgress {
  readonly #reporter: Reporter;
  readonly #now: () => number;
  #toldAt: number;
  #rows = 0;

  /** @param now milliseconds of a clock that never goes back */
  constructor(reporter: Reporter, now: () => number = () => performance.now()) {
    this.#reporter = reporter;
    this.#now = now;
    this.#toldAt = now();
  }

  /** Further rows of the table were scanned. */
  scanned(rows: number, table: string): void {
    this.#rows += rows;
    if (this.#now() - this.#toldAt < tellEveryMs) return;
    this.#toldAt = this.#now();
    const count = this.#rows.toLocaleString('en');
    this.#reporter.log('info', `Looking for changes: scanned ${count} rows, now in ${table}`);
  }
}
