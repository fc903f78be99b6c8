/** So many answers, the quickest of which counts: a single one may only have waited for this process. */
const answersTogether = 3;
/** Slower than usual: so many times, and by so many milliseconds, which a few busy processors explain. */
const raisedTimes = 3;
const raisedMs = 25;
/** What is usual follows a rise by this share a second: a source that is slower for minutes is so without us. */
const driftPerSecond = 1 / 300;

/** Tells from the time that trivial queries take whether the database has become slow, by its own measure. */
export class LatencyGauge {
  #recent: number[] = [];
  #usual = Number.POSITIVE_INFINITY;

  /** @param seconds since the last answer */
  note(latencyMs: number, seconds: number): void {
    this.#recent = [...this.#recent.slice(1 - answersTogether), latencyMs];
    if (latencyMs < this.#usual) this.#usual = latencyMs;
    else this.#usual += (latencyMs - this.#usual) * Math.min(1, seconds * driftPerSecond);
  }

  get isRaised(): boolean {
    if (this.#recent.length < answersTogether) return false;
    const latency = Math.min(...this.#recent);
    return latency > raisedTimes * this.#usual && latency > this.#usual + raisedMs;
  }

  /** Judges by later answers only: the load has changed. */
  restart(): void {
    this.#recent = [];
  }
}
