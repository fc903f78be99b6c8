import type { Progress } from '../../core/events.ts';

/** How fast a phase goes. */
export interface Pace {
  /** Rows a second since the phase began. */
  readonly rate: number;
  /** Part done, 0 to 1; undefined while no total is known. */
  readonly fraction: number | undefined;
  readonly secondsLeft: number | undefined;
}

/** Measures the phase in progress; a phase begins with its first event, or where the one before ended. */
export class ProgressMeter {
  readonly #now: () => number;
  #phase: string | undefined;
  #startedAt: number;
  #lastAt: number;

  constructor(now: () => number) {
    this.#now = now;
    this.#startedAt = now();
    this.#lastAt = this.#startedAt;
  }

  measure(progress: Progress): Pace {
    const now = this.#now();
    if (progress.phase !== this.#phase) {
      this.#phase = progress.phase;
      // Rows already done when first heard of were done since the last event.
      this.#startedAt = progress.rows === 0 ? now : this.#lastAt;
    }
    this.#lastAt = now;
    const seconds = (now - this.#startedAt) / 1000;
    const rate = seconds > 0 ? progress.rows / seconds : 0;
    const fraction = progress.totalRows > 0 ? Math.min(1, progress.rows / progress.totalRows) : undefined;
    const left = Math.max(0, progress.totalRows - progress.rows);
    return { rate, fraction, secondsLeft: fraction !== undefined && rate > 0 ? left / rate : undefined };
  }
}
