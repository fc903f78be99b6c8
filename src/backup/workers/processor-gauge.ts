import { cpus } from 'node:os';

/** What the processors of this machine did, in milliseconds of one of them. */
export interface ProcessorTimes {
  /** How many there are. */
  readonly processors: number;
  readonly idle: number;
  readonly all: number;
  /** What this program took. */
  readonly own: number;
}

export function processorTimes(): ProcessorTimes {
  let [idle, all] = [0, 0];
  const each = cpus();
  for (const { times } of each) {
    idle += times.idle;
    all += times.user + times.nice + times.sys + times.idle + times.irq;
  }
  const { user, system } = process.cpuUsage();
  return { processors: each.length, idle, all, own: (user + system) / 1000 };
}

/**
 * With less than this part of them idle, others want more than there is: where every transaction waits for the one before, a tenth
 * stays idle whatever they want. With so much, nobody misses what is taken. Where there are many, one or two idle ones do.
 */
const busy = { part: 0.15, processors: 1 };
const free = { part: 0.25, processors: 2 };
/** What others take at least where they are the reason; of the rest, the database takes as much for a run as the run itself, about. */
const othersShare = 0.5;
/** What a run has in any case, so that it ends. */
const leastShare = 1 / 16;

/** What is free must have been so for as many looks; what is wanted is given back at the first. */
const looksToGrow = 5;

/**
 * Decides how much of its rate a run takes where the database works on the same processors: a sixteenth to begin with, twice as much as
 * long as some of them are idle, half as much where none is and others have them. Pure: no clock of its own.
 */
export class ProcessorGauge {
  #share = leastShare;
  /** At the last look, and at the last one that changed or could have changed the share. */
  #before: ProcessorTimes;
  #since: ProcessorTimes;
  #looks = 0;

  constructor(now: ProcessorTimes) {
    this.#before = now;
    this.#since = now;
  }

  /** Of the rate: 1/16 to 1. */
  get share(): number {
    return this.#share;
  }

  /** @returns the share from now on */
  look(now: ProcessorTimes): number {
    const isBusy = areBusy(this.#before, now);
    this.#before = now;
    this.#looks += 1;
    if (!isBusy && this.#looks < looksToGrow) return this.#share;
    if (isBusy) this.#share = Math.max(leastShare, this.#share / 2);
    else if (areFree(this.#since, now)) this.#share = Math.min(1, this.#share * 2);
    this.#since = now;
    this.#looks = 0;
    return this.#share;
  }
}

function areBusy(before: ProcessorTimes, now: ProcessorTimes): boolean {
  const [idle, all] = [now.idle - before.idle, now.all - before.all];
  const others = all - idle - 2 * (now.own - before.own);
  return idle < partOf(busy, now) * all && others >= othersShare * all;
}

function areFree(before: ProcessorTimes, now: ProcessorTimes): boolean {
  const [idle, all] = [now.idle - before.idle, now.all - before.all];
  return all > 0 && idle >= partOf(free, now) * all;
}

function partOf(limit: typeof busy, { processors }: ProcessorTimes): number {
  return Math.min(limit.part, limit.processors / processors);
}
