import { cpus } from 'node:os';

/** What the processors of this machine did, in milliseconds of one of them. */
export interface ProcessorTimes {
  readonly idle: number;
  readonly all: number;
}

export function processorTimes(): ProcessorTimes {
  let [idle, all] = [0, 0];
  for (const { times } of cpus()) {
    idle += times.idle;
    all += times.user + times.nice + times.sys + times.idle + times.irq;
  }
  return { idle, all };
}

/** With so little of them idle, others want more of the processors than there is; with so much, nobody misses what is taken. */
const busyShare = 0.05;
const freeShare = 0.15;
/** What a run has in any case, so that it ends. */
const leastShare = 1 / 8;

/**
 * Decides how much of its rate a run takes where the database works on the same processors: an eighth to begin with, twice as much as
 * long as some of them are idle, half as much where none is. Pure: no clock of its own.
 */
export class ProcessorGauge {
  #share = leastShare;
  #before: ProcessorTimes;

  constructor(now: ProcessorTimes) {
    this.#before = now;
  }

  /** Of the rate: 1/8 to 1. */
  get share(): number {
    return this.#share;
  }

  /** @returns the share from now on */
  decide(now: ProcessorTimes): number {
    const all = now.all - this.#before.all;
    const idle = now.idle - this.#before.idle;
    this.#before = now;
    if (all <= 0) return this.#share;
    if (idle < busyShare * all) this.#share = Math.max(leastShare, this.#share / 2);
    else if (idle >= freeShare * all) this.#share = Math.min(1, this.#share * 2);
    return this.#share;
  }
}
