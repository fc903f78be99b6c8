import { setTimeout as sleep } from 'node:timers/promises';

/** What threads share to keep one rate between them; survives structured cloning. */
export interface SharedRate {
  readonly bytesPerSecond: number;
  /** One 64-bit number: when the bytes granted so far are paid for, in nanoseconds of the monotonic clock. */
  readonly schedule: SharedArrayBuffer;
}

export function shareRate(bytesPerSecond: number): SharedRate {
  return { bytesPerSecond, schedule: new SharedArrayBuffer(BigInt64Array.BYTES_PER_ELEMENT) };
}

const second = 1_000_000_000n;
const millisecond = 1_000_000;
/** Time not used may be caught up with, this long: timers are late now and then. */
const credit = second / 10n;
/** Smaller pieces are added up first, so that narrow rows do not cost a look at the clock each. */
const leastBytes = 32 * 1024;
/** A shorter wait than timers keep is left to the next piece. */
const leastWaitMs = 2;

/** Holds a reader or loader back so that all of a run together stay below a rate. */
export class RateLimit {
  readonly #rate: SharedRate;
  readonly #schedule: BigInt64Array;
  readonly #now: () => bigint;
  #pending = 0;

  /** @param now nanoseconds of a clock that all threads share, and that never goes back */
  constructor(rate: SharedRate, now: () => bigint = () => process.hrtime.bigint()) {
    this.#rate = rate;
    this.#schedule = new BigInt64Array(rate.schedule);
    this.#now = now;
  }

  /** Counts bytes that were read or are to be loaded. The promise holds further ones back until it resolves. */
  take(bytes: number): Promise<void> | undefined {
    this.#pending += bytes;
    if (this.#pending < leastBytes) return undefined;
    const waitMs = this.reserve(this.#pending);
    this.#pending = 0;
    return waitMs < leastWaitMs ? undefined : sleep(waitMs);
  }

  /** Books so many bytes; how many milliseconds later the rate allows for others. */
  reserve(bytes: number): number {
    const cost = BigInt(Math.round((bytes * Number(second)) / this.#rate.bytesPerSecond));
    for (;;) {
      const now = this.#now();
      const paid = Atomics.load(this.#schedule, 0);
      const earliest = now - credit;
      const next = (paid > earliest ? paid : earliest) + cost;
      if (Atomics.compareExchange(this.#schedule, 0, paid, next) === paid) {
        return Math.max(0, Number(next - now) / millisecond);
      }
    }
  }
}
