import pLimit, { type LimitFunction } from 'p-limit';

/** After so many bases it is thought over how many there are at a time. */
const basesPerDecision = 32;
/** More are fetched where a thread has waited for bases for that share of the time, and fewer where as many of the bases came to a queue. */
const worthwhile = 1 / 3;

/**
 * How many ranges are proved at a time. Each holds its base in memory from when it is fetched until a thread has looked through it. So
 * there is one more than there are threads, for the next base to come meanwhile; and more where threads wait for bases all the
 * same, because the store takes longer than they do.
 */
export class ProofLimit {
  readonly #limit: LimitFunction;
  readonly #least: number;
  readonly #threads: number;
  #most: number;
  /** Bases that a thread looks through, or will. */
  #looking = 0;
  #decidedAt = performance.now();
  /** Since then: bases that were looked through, and those of them that came to a queue. */
  #looked = 0;
  #queued = 0;
  /** How long a thread had nothing to do meanwhile though as many ranges were proved as may be, and since when it has. */
  #idleMs = 0;
  #idleSince: number | undefined;

  /** @param threads that look through bases, 1 or more */
  constructor(threads: number) {
    this.#threads = threads;
    this.#least = threads + 1;
    this.#most = this.#least;
    this.#limit = pLimit(this.#least);
  }

  /** @param most ranges that may be proved at a time where that is of use */
  allow(most: number): void {
    this.#most = Math.max(this.#least, most);
    this.#limit.concurrency = Math.min(this.#limit.concurrency, this.#most);
  }

  /** Proves a range, from the fetching of its base on. */
  prove(work: () => Promise<void>): Promise<void> {
    return this.#limit(work);
  }

  /** Looks through a base that has arrived. */
  async look<T>(work: () => Promise<T>): Promise<T> {
    this.#endIdling();
    if (this.#looking > this.#threads) this.#queued += 1;
    this.#looking += 1;
    try {
      return await work();
    } finally {
      this.#looking -= 1;
      const isFull = this.#limit.activeCount >= this.#limit.concurrency;
      if (this.#looking < this.#threads && isFull) this.#idleSince ??= performance.now();
      this.#looked += 1;
      if (this.#looked === basesPerDecision) this.#decide();
    }
  }

  #endIdling(): void {
    if (this.#idleSince !== undefined) this.#idleMs += performance.now() - this.#idleSince;
    this.#idleSince = undefined;
  }

  #decide(): void {
    const now = performance.now();
    const isSlow = this.#idleMs >= worthwhile * (now - this.#decidedAt);
    const isQueue = this.#queued >= worthwhile * basesPerDecision;
    const wanted = this.#limit.concurrency + Number(isSlow) - Number(isQueue);
    this.#limit.concurrency = Math.max(this.#least, Math.min(this.#most, wanted));
    [this.#decidedAt, this.#looked, this.#queued, this.#idleMs] = [now, 0, 0, 0];
  }
}
