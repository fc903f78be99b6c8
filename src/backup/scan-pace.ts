import { setTimeout as sleep } from 'node:timers/promises';
import { presentRate, RateLimit, type SharedRate } from '../core/rate-limit.ts';
import type { SnapshotReader } from '../ranges/range-source.ts';

/** What a session scans in a second counts as so many bytes of the rate: a processor ships as many in a second, the work of the server included. */
export const bytesOfSecond = 100_000_000;
/** A scan works so long without a break, about, and at least so many times as long as the server is away. */
const usualMs = 5;
const answersInScan = 4;
/** Of usual rows, cached: 0.6 µs each. */
const rowsInMs = 1500;
/** What is to be waited for is booked for so long at a time: the rate changes meanwhile. */
const sliceSeconds = 0.25;

/** Keeps what scans to the rate of the run: it sends a few bytes, but has the server work as reading does. */
export class ScanPace {
  readonly #rate: SharedRate;
  readonly #limit: RateLimit;
  readonly #signal: AbortSignal;
  readonly #check: () => void;
  #quickestMs: number | undefined;

  /** @param check throws where nobody is to wait any longer */
  constructor(rate: SharedRate, signal: AbortSignal, check: () => void = () => {}) {
    this.#rate = rate;
    this.#limit = new RateLimit(rate);
    this.#signal = signal;
    this.#check = check;
  }

  /** Rows that one statement is to look at, about. */
  get rowsAtOnce(): number {
    return rowsInMs * Math.max(usualMs, answersInScan * (this.#quickestMs ?? 0));
  }

  /** The same session; after each query it waits for as long as the rate asks for. */
  hold(reader: SnapshotReader): SnapshotReader {
    return {
      query: async (text, values) => {
        const startedAt = performance.now();
        const rows = await reader.query(text, values);
        await this.#pay(performance.now() - startedAt);
        return rows;
      },
    };
  }

  /** The quickest answer tells how far away the server is: what another one took longer, it worked for. */
  async #pay(ms: number): Promise<void> {
    this.#quickestMs = Math.min(ms, this.#quickestMs ?? ms);
    let bytes = ((ms - this.#quickestMs) / 1000) * bytesOfSecond;
    while (bytes >= 1) {
      const slice = Math.min(bytes, Math.max(1, presentRate(this.#rate) * sliceSeconds));
      bytes -= slice;
      const waitMs = this.#limit.reserve(slice);
      this.#check();
      if (waitMs > 0) await sleep(waitMs, undefined, { signal: this.#signal });
    }
  }
}
