import { presentRate, RateLimit, type SharedRate } from '../../core/rate-limit.ts';

/** A server sends that much in half a millisecond to one: whoever waits for its processor gets it then, rather than after a time slice. */
const usualBytes = 128 * 1024;
/** So many times as long as the server takes to begin a portion, at the rate, each lasts: where the server is far away. */
const answersInPortion = 4;

/** Keeps those who read in one thread to the rate of the run, and tells them how much to ask for at a time. */
export class ReadPace {
  readonly limit: RateLimit;
  readonly #rate: SharedRate;
  #quickestMs: number | undefined;

  constructor(rate: SharedRate) {
    this.#rate = rate;
    this.limit = new RateLimit(rate);
  }

  /** Bytes of `COPY` text. */
  get portionBytes(): number {
    const answerSeconds = (this.#quickestMs ?? 0) / 1000;
    return Math.max(usualBytes, answersInPortion * answerSeconds * presentRate(this.#rate));
  }

  /** The server began to send so many milliseconds after it was asked. The quickest answer tells how far away it is; others waited for something. */
  answeredAfter(ms: number): void {
    this.#quickestMs = Math.min(ms, this.#quickestMs ?? ms);
  }
}
