import type { Progress } from '../../core/events.ts';
import { formatCount } from '../figures.ts';
import { ProgressMeter } from './progress-meter.ts';

const intervalMilliseconds = 5000;

/** Says every few seconds how far a run has come, for logs: at most one line an interval, and one at a phase's end. */
export class ProgressLines {
  readonly #now: () => number;
  readonly #print: (line: string) => void;
  readonly #meter: ProgressMeter;
  #last: Progress | undefined;
  /** What was not printed yet. To format it takes longer than to store a small chunk. */
  #pending: { readonly progress: Progress; readonly rate: number } | undefined;
  #printedAt: number;

  constructor(now: () => number, print: (line: string) => void) {
    this.#now = now;
    this.#print = print;
    this.#meter = new ProgressMeter(now);
    this.#printedAt = now();
  }

  progress(progress: Progress): void {
    if (this.#last && this.#last.phase !== progress.phase) this.flush();
    const { rate } = this.#meter.measure(progress);
    this.#last = progress;
    this.#pending = progress.rows > 0 ? { progress, rate } : undefined;
    if (this.#now() - this.#printedAt >= intervalMilliseconds) this.flush();
  }

  /** Prints a phase's end before what is said after it. */
  flushWhenComplete(): void {
    if (this.#last && this.#last.rows >= this.#last.totalRows) this.flush();
  }

  /** Prints what was reported last, unless it was printed already. */
  flush(): void {
    if (this.#pending === undefined) return;
    this.#print(progressLine(this.#pending.progress, this.#pending.rate));
    this.#pending = undefined;
    this.#printedAt = this.#now();
  }
}

/** `📈 Progress: 10 chunks, 10,000 articles (193.5 articles/sec)`: others' scripts look for this form. */
export function progressLine(progress: Progress, rate: number): string {
  const noun = progress.noun ?? 'rows';
  const speed = formatCount(rate, 1);
  return `📈 Progress: ${formatCount(progress.chunks)} chunks, ${formatCount(progress.rows)} ${noun} (${speed} ${noun}/sec)`;
}
