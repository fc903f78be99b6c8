import pLimit, { type LimitFunction } from 'p-limit';

/** After so many chunks it is thought over how many there are at a time. */
const chunksPerDecision = 32;
/** More are fetched where a worker has waited for chunks for that share of the time, and fewer where as many of the chunks came to a queue. */
const worthwhile = 1 / 3;

/**
 * How many chunks are fetched and used at a time. Each is in memory from when it is fetched until a worker is done with it. So there
 * is one more than there are workers, for the next one to come meanwhile; and more where workers wait for chunks all the same,
 * because the store takes longer than they do.
 */
export class FetchLimit {
  readonly #limit: LimitFunction;
  readonly #least: number;
  readonly #workers: number;
  #most: number;
  /** Chunks that a worker uses, or will. */
  #using = 0;
  #decidedAt = performance.now();
  /** Since then: chunks that were used, and those of them that came to a queue. */
  #used = 0;
  #queued = 0;
  /** How long a worker had nothing to do meanwhile though as many chunks were under way as may be, and since when it has. */
  #idleMs = 0;
  #idleSince: number | undefined;

  /**
   * @param workers who use chunks, 1 or more
   * @param most chunks at a time where that is of use
   */
  constructor(workers: number, most: number) {
    this.#workers = workers;
    this.#least = workers + 1;
    this.#most = Math.max(this.#least, most);
    this.#limit = pLimit(this.#least);
  }

  /** Another `most` from now on. What has begun goes on. */
  allow(most: number): void {
    this.#most = Math.max(this.#least, most);
    this.#limit.concurrency = Math.min(this.#limit.concurrency, this.#most);
  }

  /** Does all of it, from the fetching on. */
  run<T>(work: () => Promise<T>): Promise<T> {
    return this.#limit(work);
  }

  /** Within `run`: has a worker use a chunk that has arrived. */
  async use<T>(work: () => Promise<T>): Promise<T> {
    this.#endIdling();
    if (this.#using > this.#workers) this.#queued += 1;
    this.#using += 1;
    try {
      return await work();
    } finally {
      this.#using -= 1;
      const isFull = this.#limit.activeCount >= this.#limit.concurrency;
      if (this.#using < this.#workers && isFull) this.#idleSince ??= performance.now();
      this.#used += 1;
      if (this.#used === chunksPerDecision) this.#decide();
    }
  }

  #endIdling(): void {
    if (this.#idleSince !== undefined) this.#idleMs += performance.now() - this.#idleSince;
    this.#idleSince = undefined;
  }

  #decide(): void {
    const now = performance.now();
    const isSlow = this.#idleMs >= worthwhile * (now - this.#decidedAt);
    const isQueue = this.#queued >= worthwhile * chunksPerDecision;
    const wanted = this.#limit.concurrency + Number(isSlow) - Number(isQueue);
    this.#limit.concurrency = Math.max(this.#least, Math.min(this.#most, wanted));
    [this.#decidedAt, this.#used, this.#queued, this.#idleMs] = [now, 0, 0, 0];
  }
}
