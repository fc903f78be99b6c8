import type { Reporter } from '../../core/events.ts';
import { threadCount } from '../../core/threads/thread-count.ts';
import type { Session } from '../../postgres/session.ts';
import { LatencyProbe } from './latency-probe.ts';
import { WorkerController } from './worker-controller.ts';
import { WorkerLimit } from './worker-limit.ts';

export interface WorkerSettings {
  readonly maxWorkers: number;
  /** Whether fewer may work where that is as quick, or kinder to the store or the database; true when absent. */
  readonly adaptive?: boolean | undefined;
  /** Bytes of `COPY` text a second that all of them keep to; none when absent. */
  readonly maxRate?: number | undefined;
}

/** How many workers a run had. */
export interface WorkersUsed {
  /** The setting. */
  readonly max: number;
  /** The most connections that have read at once. */
  readonly used: number;
  /** The fewest that were allowed, and those allowed at the end. */
  readonly least: number;
  readonly last: number;
  /** How often another number was allowed. */
  readonly changes: number;
}

/** What changes while a run goes on, and but for the rate only grows. */
export interface WorkCounts {
  readonly chunks: number;
  /** Of `COPY` text. */
  readonly bytes: number;
  /** Answers of the store that wished for fewer requests. */
  readonly throttled: number;
  /** What there may be at present, of bytes a second. */
  readonly maxRate: number;
}

/** How often the number of workers is thought over. */
const tickMs = 1000;

/** The workers of a run, all of its attempts together: as many as are of use, or as the settings say. */
export class Workers {
  readonly limit: WorkerLimit;
  readonly #max: number;
  readonly #controller: WorkerController | undefined;
  readonly #reporter: Reporter;
  #allowed: number;
  /** More connections are not used, however many workers there are. */
  #mostReaders = Infinity;
  #least: number;
  #changes = 0;

  constructor({ maxWorkers, adaptive = true, maxRate }: WorkerSettings, reporter: Reporter) {
    this.#max = maxWorkers;
    this.#controller = adaptive && maxWorkers > 1 ? new WorkerController(maxWorkers, maxRate) : undefined;
    this.#allowed = this.#controller?.workers ?? maxWorkers;
    this.#least = this.#allowed;
    this.#reporter = reporter;
    this.limit = new WorkerLimit(this.#allowed, threadCount(maxWorkers));
  }

  get summary(): WorkersUsed {
    const { used } = this.limit;
    return { max: this.#max, used, least: this.#least, last: this.#allowed, changes: this.#changes };
  }

  /** All reading is done by the session that holds the snapshot: there is no number to think over. */
  readAlone(): void {
    this.limit.allow(this.#allowed, 1);
  }

  /**
   * Adapts the number of workers until the function that it returns is called, which resolves when the session is left alone.
   *
   * @param leader the session that holds the snapshot
   * @param mostReaders connections that are of use, where they are fewer than workers
   */
  watch(leader: Session, counts: () => WorkCounts, mostReaders = Infinity): () => Promise<void> {
    this.#mostReaders = mostReaders;
    this.#limit();
    const controller = this.#controller;
    if (!controller) return () => Promise.resolve();
    const probe = new LatencyProbe(leader);
    // Before there is any load of ours: what is usual.
    probe.take();
    let [before, at] = [counts(), performance.now()];
    const decide = (): void => {
      const [since, now] = [counts(), performance.now()];
      const { workers, reason } = controller.decide({
        seconds: (now - at) / 1000,
        chunks: since.chunks - before.chunks,
        bytes: since.bytes - before.bytes,
        throttled: since.throttled - before.throttled,
        maxRate: since.maxRate,
        active: this.limit.active,
        latencyMs: probe.take(),
      });
      [before, at] = [since, now];
      if (reason !== undefined) this.#allow(workers, reason);
    };
    const timer = setInterval(decide, tickMs);
    timer.unref();
    return () => {
      clearInterval(timer);
      return probe.settle();
    };
  }

  #allow(workers: number, reason: string): void {
    this.#reporter.log('debug', `${workers} instead of ${this.#allowed} workers: ${reason}`);
    this.#allowed = workers;
    this.#least = Math.min(this.#least, workers);
    this.#changes += 1;
    this.#limit();
  }

  #limit(): void {
    this.limit.allow(this.#allowed, Math.min(this.#allowed, this.#mostReaders));
  }
}
