import { performance, type EventLoopUtilization } from 'node:perf_hooks';
import type { Session } from '../../postgres/session.ts';

/**
 * Times a trivial query in a session that is others' too: only while they leave it idle, and one at a time. Only the time
 * counts that this thread had nothing to do but wait: an answer that lay there while it worked was not late. A query
 * that fails tells nothing here: whoever needs the session will hear of it.
 */
export class LatencyProbe {
  readonly #session: Session;
  #askedAt: EventLoopUtilization | undefined;
  #asked: Promise<void> = Promise.resolve();
  #latencyMs: number | undefined;

  constructor(session: Session) {
    this.#session = session;
  }

  /**
   * How long the last query was waited for, in milliseconds, or the one under way has been; then asks again.
   *
   * @returns undefined where none was asked since the last call
   */
  take(): number | undefined {
    if (this.#askedAt) return waitedSince(this.#askedAt);
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
    const askedAt = performance.eventLoopUtilization();
    this.#askedAt = askedAt;
    try {
      await this.#session.query('SELECT 1', [], 'timing a query');
      this.#latencyMs = waitedSince(askedAt);
    } catch {
      this.#latencyMs = undefined;
    } finally {
      this.#askedAt = undefined;
    }
  }
}

/** Milliseconds in which this thread waited. */
function waitedSince(then: EventLoopUtilization): number {
  return performance.eventLoopUtilization(then).idle;
}
