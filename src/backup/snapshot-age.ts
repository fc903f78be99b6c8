import type { Reporter } from '../core/events.ts';

/** A further snapshot is worth its scan when a tenth of what was shipped since the last one is work that is done. */
const leastGain = 0.1;

/**
 * Decides for all attempts of a run when a snapshot is given up because it holds back the source's vacuum for too long.
 * Each one leaves less to ship than the one before, or it is the last: so a run ends, however fast its tables change. How
 * much less is measured by what was shipped: of a long run each snapshot does a small part.
 */
export class SnapshotAge {
  readonly #mostMs: number | undefined;
  readonly #reporter: Reporter;
  #before: { readonly rows: number; readonly shipped: number } | undefined;

  constructor(mostMs: number | undefined, reporter: Reporter) {
    this.#mostMs = mostMs;
    this.#reporter = reporter;
  }

  /**
   * @param takenAt of the snapshot, on the clock of `performance.now()`
   * @param rows that are to be shipped in it
   * @param shipped rows that the run has shipped until now
   * @returns whether it is too old by now for another range to begin
   */
  watch(takenAt: number, rows: number, shipped: number): () => boolean {
    const most = this.#mostMs;
    if (most === undefined) return () => false;
    const before = this.#before;
    if (before && before.rows - rows < leastGain * (shipped - before.shipped)) {
      this.#reporter.log('warn', 'New snapshots bring the run no further: this one is held to the end');
      return () => false;
    }
    this.#before = { rows, shipped };
    let isTold = false;
    return () => {
      const isTooOld = performance.now() - takenAt > most;
      if (isTooOld && !isTold) this.#reporter.log('info', 'The snapshot is older than --max-snapshot-age');
      isTold ||= isTooOld;
      return isTooOld;
    };
  }
}
