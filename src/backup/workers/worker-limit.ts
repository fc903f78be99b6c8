import pLimit, { type LimitFunction } from 'p-limit';
import { FetchLimit } from '../../core/fetch-limit.ts';

/** So many ranges are under way for each worker: one is read while others are stored. */
const rangesPerWorker = 1.25;

/** Ranges under way for so many workers. */
export function rangesOf(workers: number): number {
  return Math.ceil(workers * rangesPerWorker);
}

/**
 * Chunks of updates under way for so many workers. Each stays in memory until all ranges are proved that it changes, which those
 * share the time of.
 */
function updatesOf(workers: number): number {
  return Math.max(2, Math.ceil(workers / 2));
}

/** Keeps what a run does at once within a number of workers, which may change. What has begun goes on. */
export class WorkerLimit {
  /** For the ranges that patches change, from the fetching of their base on. */
  readonly proofs: FetchLimit;
  readonly #ranges: LimitFunction;
  readonly #reading: LimitFunction;
  readonly #updates: LimitFunction;
  #used = 0;
  #isAlone = false;

  /**
   * @param workers 1 or more
   * @param threads of those who read
   */
  constructor(workers: number, threads: number) {
    this.#ranges = pLimit(rangesOf(workers));
    this.#reading = pLimit(workers);
    this.#updates = pLimit(updatesOf(workers));
    this.proofs = new FetchLimit(threads, rangesOf(workers));
  }

  /** @param readers connections that may read at once, where they are fewer */
  allow(workers: number, readers = workers): void {
    this.#ranges.concurrency = rangesOf(workers);
    this.#reading.concurrency = readers;
    this.#updates.concurrency = updatesOf(workers);
    this.proofs.allow(rangesOf(workers));
  }

  /** Whether the session that holds the snapshot is to read alone, in snapshots to come. */
  get isAlone(): boolean {
    return this.#isAlone;
  }

  /** For the rest of the run: there is no connection for readers. */
  readAlone(): void {
    this.#isAlone = true;
  }

  /** Ships a range from its reading to its storing. */
  range(ship: () => Promise<void>): Promise<void> {
    return this.#ranges(ship);
  }

  /** Ships a chunk of updates, from its reading to its storing. */
  updates(ship: () => Promise<void>): Promise<void> {
    return this.#updates(ship);
  }

  /** Reads over a connection. */
  read<T>(work: () => Promise<T>): Promise<T> {
    return this.#reading(() => {
      this.#used = Math.max(this.#used, this.#reading.activeCount);
      return work();
    });
  }

  /** Workers that have something to do. */
  get active(): number {
    return Math.floor(this.#ranges.activeCount / rangesPerWorker);
  }

  /** The most connections that have read at once. */
  get used(): number {
    return this.#used;
  }
}
