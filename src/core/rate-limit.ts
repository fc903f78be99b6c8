import { setTimeout as sleep } from 'node:timers/promises';

/** What threads share to keep one rate between them; survives structured cloning. */
export interface SharedRate {
  /** The most that there may be. */
  readonly bytesPerSecond: number;
  /**
   * Two 64-bit numbers: when the bytes granted so far are paid for, in nanoseconds of the monotonic clock, and the bytes a second
   * that there may be at present.
   */
  readonly schedule: SharedArrayBuffer;
}

export function shareRate(bytesPerSecond: number): SharedRate {
  const schedule = new SharedArrayBuffer(2 * BigInt64Array.BYTES_PER_ELEMENT);
  const rate = { bytesPerSecond, schedule };
  changeRate(rate, bytesPerSecond);
  return rate;
}

/** Bytes a second that there may be at present. */
export function presentRate({ schedule }: SharedRate): number {
  return Number(Atomics.load(new BigInt64Array(schedule), 1));
}

/** Lets all who share a rate have so many bytes a second from now on, 1 or more. What is booked stays booked. */
export function changeRate({ schedule }: SharedRate, bytesPerSecond: number): void {
  Atomics.store(new BigInt64Array(schedule), 1, BigInt(Math.max(1, Math.round(bytesPerSecond))));
}

const second = 1_000_000_000n;
const millisecond = 1_000_000;
/** Time not used may be caught up with, this long: timers are late now and then. */
const credit = second / 10n;
/**
 * Pieces are added up first, to what the rate allows in this time, within bounds. Each wait has the reader, its thread and the server's
 * session wake up anew: at 3 MB/s, waits of 11 ms took three quarters more processor time than those of 170.
 */
const burstSeconds = 0.2;
const leastBurst = 32 * 1024;
const mostBurst = 512 * 1024;
/** A shorter wait than timers keep is left to the next piece. */
const leastWaitMs = 2;

/** Holds a reader or loader back so that all of a run together stay below a rate. */
export class RateLimit {
  readonly #schedule: BigInt64Array;
  readonly #now: () => bigint;
  #pending = 0;

  /** @param now nanoseconds of a clock that all threads share, and that never goes back */
  constructor(rate: SharedRate, now: () => bigint = () => process.hrtime.bigint()) {
    this.#schedule = new BigInt64Array(rate.schedule);
    this.#now = now;
  }

  /** Counts bytes that were read or are to be loaded. The promise holds further ones back until it resolves. */
  take(bytes: number): Promise<void> | undefined {
    this.#pending += bytes;
    if (this.#pending < this.#burst) return undefined;
    const waitMs = this.reserve(this.#pending);
    this.#pending = 0;
    return waitMs < leastWaitMs ? undefined : sleep(waitMs);
  }

  get #burst(): number {
    const bytes = Number(Atomics.load(this.#schedule, 1)) * burstSeconds;
    return Math.min(mostBurst, Math.max(leastBurst, bytes));
  }

  /** Books so many bytes; how many milliseconds later the rate allows for others. */
  reserve(bytes: number): number {
    const cost = BigInt(Math.round((bytes * Number(second)) / Number(Atomics.load(this.#schedule, 1))));
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
