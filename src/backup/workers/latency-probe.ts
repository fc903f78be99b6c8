import type { Session } from '../../postgres/session.ts';

/**
 * Times a trivial query in a session that is others' too: only while they leave it idle, and one at a time. A query that
 * fails tells nothing here: whoever needs the session will hear of it.
 */
export class LatencyProbe {
  readonly #session: Session;
  #askedAt: number | undefined;
  #asked: Promise<void> = Promise.resolve();
  #latencyMs: number | undefined;

  constructor(session: Session) {
    this.#session = session;
  }

  /**
   * How long the last query took, in milliseconds, or for how long an answer has been waited for; then asks again.
   *
   * @returns undefined where none was asked since the last call
   */
  take(): number | undefined {
    if (this.#askedAt !== undefined) return performance.now() - this.#askedAt;
    const latency = this.#latencyMs;
    this.#latencyMs = undefined;
    if (this.#session.isIdle) this.#asked = this.#ask();
    return latency;
  }

  /** Resolves when no query is under way. */
  settle(): Promise<void> {
    return this.#asked;
  }

  async #ask(): Promise<void> {
    const askedAt = performance.now();
    this.#askedAt = askedAt;
    try {
      await this.#session.query('SELECT 1', [], 'timing a query');
      this.#latencyMs = performance.now() - askedAt;
    } catch {
      this.#latencyMs = undefined;
    } finally {
      this.#askedAt = undefined;
    }
  }
}
