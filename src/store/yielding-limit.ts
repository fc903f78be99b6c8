import pLimit, { type LimitFunction } from 'p-limit';
import { isThrottled } from '../core/errors.ts';

/** One more operation is allowed after so many rounds without a wish for fewer; a round is as many as are allowed. */
const quietRounds = 4;

/**
 * At most `most` operations in progress, and fewer after a store has asked for fewer requests: half of those that were in
 * progress at once, then one more at a time while nothing of the kind is heard. Operations that had begun before they
 * were halved do not halve them again: what they hear is the same trouble.
 */
export class YieldingLimit {
  readonly #most: number;
  readonly #limit: LimitFunction;
  /** Counts the halvings. */
  #era = 0;
  #quiet = 0;

  constructor(most: number) {
    this.#most = most;
    this.#limit = pLimit(most);
  }

  /** How many operations may be in progress. */
  get allowed(): number {
    return this.#limit.concurrency;
  }

  run<T>(operation: () => Promise<T>): Promise<T> {
    return this.#limit(async () => {
      const era = this.#era;
      try {
        const result = await operation();
        if (this.allowed < this.#most && era === this.#era) this.#noteQuiet();
        return result;
      } catch (error) {
        if (isThrottled(error) && era === this.#era) this.#halve();
        throw error;
      }
    });
  }

  #halve(): void {
    this.#era += 1;
    this.#quiet = 0;
    this.#limit.concurrency = Math.max(1, Math.floor(this.#limit.activeCount / 2));
  }

  #noteQuiet(): void {
    this.#quiet += 1;
    if (this.#quiet < quietRounds * this.allowed) return;
    this.#quiet = 0;
    this.#limit.concurrency += 1;
  }
}
