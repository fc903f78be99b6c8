import type { Reporter } from '../core/events.ts';

/** A further snapshot is worth its scan when it leaves a tenth less to ship. */
const leastProgress = 0.9;

/**
 * Decides for all attempts of a run when a snapshot is given up because it holds back the source's vacuum for too long.
 * Each one leaves less to ship than the one before, or it is the last: so a run ends, however fast its tables change.
 */
export class SnapshotAge {
  readonly #mostMs: number | undefined;
  readonly #reporter: Reporter;
  #leastRows = Number.POSITIVE_INFINITY;

  constructor(mostMs: number | undefined, reporter: Reporter) {
    this.#mostMs = mostMs;
    this.#reporter = reporter;
  }

  /**
   * @param takenAt of the snapshot, on the clock of `performance.now()`
   * @param rows that are to be shipped in it
   * @returns whether it is too old by now for another range to begin
   */
  watch(takenAt: number, rows: number): () => boolean {
    const most = this.#mostMs;
    if (most === undefined) return () => false;
    if (rows > this.#leastRows * leastProgress) {
      this.#reporter.log('warn', 'New snapshots bring the run no further: this one is held to the end');
      return () => false;
    }
    this.#leastRows = rows;
    return () => performance.now() - takenAt > most;
  }
}
