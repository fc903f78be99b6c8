import { LatencyGauge } from './latency-gauge.ts';
import { ThroughputWindow } from './throughput-window.ts';

/** What happened since the last sample. */
export interface WorkerSample {
  readonly seconds: number;
  /** Chunks stored, and their bytes of `COPY` text. */
  readonly chunks: number;
  readonly bytes: number;
  /** Workers that have something to do. */
  readonly active: number;
  /** How long a trivial query took; undefined where none was asked. */
  readonly latencyMs: number | undefined;
  /** Answers of the store that wished for fewer requests. */
  readonly throttled: number;
  /** Bytes of `COPY` text a second that there may be at present. */
  readonly maxRate: number;
}

/** How many workers there may be from now on. */
export interface WorkerDecision {
  readonly workers: number;
  /** Why it is another number than before; undefined where it is not. */
  readonly reason: string | undefined;
}

/** `COPY` text a second that one worker reads in any case of rows that are not narrow. */
const rateOfWorker = 50_000_000;

/**
 * With how many a run begins that may have `most`: half of them, but no fewer than 4, with which a short run loses nothing. Where
 * there is a rate to keep to, with as many as it takes: more of them have the server fill all their sockets at the same
 * time, on all its cores, and then wait.
 *
 * @param maxRate bytes of `COPY` text a second
 */
export function workersAtFirst(most: number, maxRate = Number.POSITIVE_INFINITY): number {
  const unbounded = Math.max(4, Math.min(16, Math.ceil(most / 2)));
  return Math.max(1, Math.min(most, unbounded, Math.ceil(maxRate / rateOfWorker)));
}

/** More workers stay when they bring this share of what they would bring if nothing else were the limit; twice as many, that. */
const worthwhileShare = 0.3;
const worthwhileShareOfTwice = 0.6;
/** With this share of the rate that a run keeps to, it has what it may have: chunks come in pieces. */
const shareOfRate = 0.85;
/** After a step back: for the next one, for trying one more, and for going up to where the trouble began. */
const graceSeconds = 2;
const restSeconds = 10;
const ceilingSeconds = 60;
/** After a try that brought nothing. These two times double each time, up to the third. */
const retrySeconds = 30;
const longestSeconds = 600;

/** A try with more workers: how many there were, and what they did a second. */
interface Trial {
  readonly from: number;
  readonly rate: number;
}

/**
 * Decides how many workers a run may have, from samples of a second or so. Tries twice as many, and later a quarter more, as
 * long as that stores clearly more, and goes back where it does not. Where the store asks to slow down it halves them at once; where the
 * database answers clearly more slowly than it used to it takes a quarter away. Comes back one step at a time, after a
 * rest, and to where the trouble began after a longer one. Pure: no clock of its own.
 */
export class WorkerController {
  readonly #most: number;
  readonly #latency = new LatencyGauge();
  readonly #window = new ThroughputWindow();
  #workers: number;
  #maxRate: number | undefined;
  #now = 0;
  #trial: Trial | undefined;
  /** Until that was too much for the first time. */
  #doubles = true;
  #graceUntil = 0;
  #restUntil = 0;
  #retryAfter = retrySeconds;
  /** The number of workers that was too many, until when it counts as such, and for how long the next time. */
  #ceiling = Number.POSITIVE_INFINITY;
  #ceilingUntil = -longestSeconds;
  #ceilingFor = ceilingSeconds;
  /** Steps back until then belong to the same trouble. */
  #troubleUntil = 0;

  /**
   * @param most workers there may ever be, 1 or more
   * @param maxRate bytes of `COPY` text a second that the run keeps to; none when absent
   */
  constructor(most: number, maxRate = Number.POSITIVE_INFINITY) {
    this.#most = most;
    this.#workers = workersAtFirst(most, maxRate);
  }

  get workers(): number {
    return this.#workers;
  }

  decide(sample: WorkerSample): WorkerDecision {
    this.#now += sample.seconds;
    if (sample.latencyMs !== undefined) this.#latency.note(sample.latencyMs, sample.seconds);
    if (sample.throttled > 0) {
      const to = Math.floor(this.#workers / 2);
      return this.#stepBack(to, 'the store asks for fewer requests');
    }
    if (this.#latency.isRaised) {
      const to = this.#workers - quarterOf(this.#workers);
      return this.#stepBack(to, 'the database answers more slowly');
    }
    return this.#grow(sample);
  }

  #stepBack(to: number, reason: string): WorkerDecision {
    if (this.#now >= this.#troubleUntil) this.#setCeiling();
    this.#troubleUntil = this.#now + restSeconds;
    this.#rest(restSeconds);
    // What was under way before the last step back is still heard of.
    if (this.#now < this.#graceUntil) return this.#stay();
    this.#graceUntil = this.#now + graceSeconds;
    this.#trial = undefined;
    this.#doubles = false;
    return this.#change(Math.max(1, to), reason);
  }

  /** Where trouble begins anew, one more than went well is too many for some time. */
  #setCeiling(): void {
    const isLongAgo = this.#now >= this.#ceilingUntil + longestSeconds;
    this.#ceilingFor = isLongAgo ? ceilingSeconds : Math.min(longestSeconds, 2 * this.#ceilingFor);
    this.#ceilingUntil = this.#now + this.#ceilingFor;
    this.#ceiling = Math.max(2, this.#trial ? this.#trial.from + 1 : this.#workers);
  }

  #rest(seconds: number): void {
    this.#restUntil = Math.max(this.#restUntil, this.#now + seconds);
  }

  #grow(sample: WorkerSample): WorkerDecision {
    if (this.#hasOtherRate(sample)) return this.#discard('what they may read has changed meanwhile');
    if (sample.active < this.#workers)
      return this.#discard('too little to do to tell whether more store more');
    this.#window.add(sample.seconds, sample.chunks, sample.bytes);
    const rate = this.#window.rateOf(this.#workers);
    if (rate === undefined) return this.#stay();
    this.#window.restart();
    if (this.#trial) return this.#judge(this.#trial, rate, sample.maxRate);
    return this.#try(this.#workers, rate, sample.maxRate);
  }

  /** What was stored at another rate shows that rate, and not what the workers can do. */
  #hasOtherRate({ maxRate }: WorkerSample): boolean {
    const before = this.#maxRate ?? maxRate;
    this.#maxRate = maxRate;
    return before !== maxRate;
  }

  /** What the workers store tells nothing, and what they stored is no measure of what follows. */
  #discard(reason: string): WorkerDecision {
    this.#window.restart(this.#workers);
    const trial = this.#trial;
    if (!trial) return this.#stay();
    this.#trial = undefined;
    this.#rest(restSeconds);
    return this.#change(trial.from, reason);
  }

  #judge({ from, rate: before }: Trial, rate: number, maxRate: number): WorkerDecision {
    this.#trial = undefined;
    const hoped = (this.#workers - from) / from;
    const share = this.#doubles ? worthwhileShareOfTwice : worthwhileShare;
    if (rate / before - 1 >= share * hoped) {
      if (this.#workers >= this.#ceiling) this.#ceiling = Number.POSITIVE_INFINITY;
      this.#retryAfter = retrySeconds;
      return this.#try(this.#workers, rate, maxRate);
    }
    if (this.#doubles) {
      this.#doubles = false;
      const isLess = from + quarterOf(from) < this.#workers;
      if (isLess) return this.#try(from, before, maxRate);
    }
    this.#rest(this.#retryAfter);
    this.#retryAfter = Math.min(longestSeconds, 2 * this.#retryAfter);
    return this.#change(from, 'more do not store more');
  }

  /** Tries more than `from`, which store so much, unless it is the rate that holds them back, rather than their number. */
  #try(from: number, rate: number, maxRate: number): WorkerDecision {
    const free = this.#now < this.#ceilingUntil ? this.#ceiling - 1 : this.#ceiling;
    const more = this.#doubles ? from : quarterOf(from);
    const to = Math.min(from + more, free, this.#most);
    if (this.#now < this.#restUntil || to <= from || rate >= maxRate * shareOfRate) return this.#stay();
    this.#trial = { from, rate };
    const isMore = to > this.#workers;
    return this.#change(to, isMore ? 'trying whether more store more' : 'twice as many do not store enough');
  }

  #change(workers: number, reason: string): WorkerDecision {
    this.#window.restart(Math.max(workers, this.#workers));
    this.#latency.restart();
    if (workers === this.#workers) return this.#stay();
    this.#workers = workers;
    return { workers, reason };
  }

  #stay(): WorkerDecision {
    return { workers: this.#workers, reason: undefined };
  }
}

function quarterOf(workers: number): number {
  return Math.ceil(workers / 4);
}
