import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  WorkerController,
  workersAtFirst,
  type WorkerSample,
} from '../../../src/backup/workers/worker-controller.ts';

const chunkBytes = 3_000_000;

/** A source and a store that together do so much, in chunks, on a clock of their own. */
class Simulation {
  readonly controller: WorkerController;
  /** Chunks a second: of one worker, and of all. */
  perWorker = 2;
  capacity = Number.POSITIVE_INFINITY;
  noise = (): number => 1;
  latencyMs = 1;
  throttled = 0;
  idle = false;
  now = 0;
  /** When the number of workers changed, and to what. */
  readonly changes: { at: number; workers: number; reason: string }[] = [];
  #partly = 0;

  /** What there may be at present. */
  maxRate: number;

  constructor(most: number, maxRate = Number.POSITIVE_INFINITY) {
    this.maxRate = maxRate;
    this.controller = new WorkerController(most, maxRate);
  }

  get workers(): number {
    return this.controller.workers;
  }

  step(): void {
    this.now += 1;
    this.#partly += Math.min(this.workers * this.perWorker, this.capacity) * this.noise();
    const chunks = Math.floor(this.#partly);
    this.#partly -= chunks;
    const { workers, reason } = this.controller.decide({
      seconds: 1,
      chunks,
      bytes: chunks * chunkBytes,
      active: this.idle ? this.workers - 1 : this.workers,
      latencyMs: this.latencyMs,
      throttled: this.throttled,
      maxRate: this.maxRate,
    });
    if (reason !== undefined) this.changes.push({ at: this.now, workers, reason });
  }

  run(seconds: number): void {
    for (let second = 0; second < seconds; second++) this.step();
  }
}

/** As often the same numbers, in turn. */
function noiseOf(seeds: readonly number[], share: number): () => number {
  let next = 0;
  return () => 1 + share * ((seeds[next++ % seeds.length] ?? 0.5) * 2 - 1);
}

const most = fc.integer({ min: 1, max: 128 });
const anySample: fc.Arbitrary<WorkerSample> = fc.record({
  seconds: fc.double({ min: 0.1, max: 60, noNaN: true }),
  chunks: fc.nat(300),
  bytes: fc.nat(1_000_000_000),
  active: fc.nat(128),
  latencyMs: fc.option(fc.double({ min: 0, max: 60_000, noNaN: true }), { nil: undefined }),
  throttled: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.nat(20)),
  maxRate: fc.oneof(fc.constant(Number.POSITIVE_INFINITY), fc.integer({ min: 1, max: 1_000_000_000 })),
});

test('a run begins with half of its workers, with no fewer than 4 and no more than 16', () => {
  const first = [1, 3, 4, 7, 8, 9, 16, 32, 33, 128].map((limit) => workersAtFirst(limit));
  expect(first).toEqual([1, 3, 4, 4, 4, 5, 8, 16, 16, 16]);
});

test('a run that keeps to a rate begins with as many workers as it takes', () => {
  const first = [1, 50e6, 51e6, 120e6, 1e9].map((maxRate) => workersAtFirst(8, maxRate));
  expect(first).toEqual([1, 1, 2, 3, 4]);
  expect(workersAtFirst(2, 1e9)).toBe(2);
});

test('a rate that one worker does not reach is reached by more', () => {
  const simulation = new Simulation(8, 30e6);
  simulation.capacity = 3 * simulation.perWorker;
  simulation.run(60);
  expect(simulation.changes[0]).toMatchObject({ workers: 2 });
  expect(simulation.workers).toBeGreaterThanOrEqual(3);
});

test('a rate that one worker reaches is not shared out to more', () => {
  const simulation = new Simulation(8, 30e6);
  simulation.perWorker = 30e6 / chunkBytes;
  simulation.capacity = simulation.perWorker;
  simulation.run(60);
  expect(simulation.changes).toEqual([]);
  expect(simulation.workers).toBe(1);
});

test.each([1, 2, 3])(
  'what is stored while a rate grows is not taken for all that one worker can store',
  (seconds) => {
    const rate = 30e6;
    const simulation = new Simulation(8, rate);
    simulation.perWorker = rate / chunkBytes;
    for (const share of [1 / 16, 1 / 8, 1 / 4, 1 / 2, 1]) {
      simulation.maxRate = share * rate;
      simulation.capacity = simulation.maxRate / chunkBytes;
      simulation.run(seconds);
    }
    simulation.run(60);
    expect(simulation.changes).toEqual([]);
  },
);

describe('whatever happens', () => {
  test('there are between one and the most workers, and a change has a reason', () => {
    fc.assert(
      fc.property(most, fc.array(anySample, { maxLength: 100 }), (limit, samples) => {
        const controller = new WorkerController(limit);
        expect(controller.workers).toBe(workersAtFirst(limit));
        for (const sample of samples) {
          const before = controller.workers;
          const { workers, reason } = controller.decide(sample);
          expect(workers).toBe(controller.workers);
          expect(workers).toBeGreaterThanOrEqual(1);
          expect(workers).toBeLessThanOrEqual(limit);
          expect(reason === undefined).toBe(workers === before);
        }
      }),
    );
  });

  test('an answer to slow down halves the workers in that very sample, or did so a moment ago', () => {
    fc.assert(
      fc.property(most, fc.array(anySample, { maxLength: 60 }), anySample, (limit, samples, last) => {
        const controller = new WorkerController(limit);
        for (const sample of samples) controller.decide({ ...sample, throttled: 0, latencyMs: 1 });
        const before = controller.workers;
        const { workers } = controller.decide({ ...last, throttled: 1 });
        expect(workers).toBe(Math.max(1, Math.floor(before / 2)));
        expect(controller.decide({ ...last, seconds: 1, throttled: 1 }).workers).toBe(workers);
      }),
    );
  });

  test('too little to do changes nothing', () => {
    const simulation = new Simulation(64);
    simulation.idle = true;
    simulation.run(600);
    expect(simulation.changes).toEqual([]);
  });
});

describe('where the source or the store can do only so much', () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true });

  test('workers are added until they bring nothing more, and hardly tried again', () => {
    fc.assert(
      fc.property(
        most,
        fc.integer({ min: 1, max: 160 }),
        fc.array(share, { minLength: 50, maxLength: 80 }),
        (limit, useful, seeds) => {
          const simulation = new Simulation(limit);
          simulation.capacity = useful * simulation.perWorker;
          simulation.noise = noiseOf(seeds, 0.03);
          simulation.run(900);
          const best = Math.min(limit, useful);
          expect(simulation.workers).toBeGreaterThanOrEqual(workersAtFirst(limit));
          expect(simulation.workers).toBeGreaterThanOrEqual(0.7 * best);
          // A quarter more than is of use may stay; twice that is tried at first, and later a quarter more than that.
          const bound = Math.max(workersAtFirst(limit), best);
          for (const { workers, at } of simulation.changes) {
            expect(workers).toBeLessThanOrEqual((at < 60 ? 2.5 : 1.6) * bound + 2);
          }
          // Up in steps, and from then on a try and its end after 30, 60, 120, 240 and 480 seconds.
          expect(simulation.changes.length).toBeLessThanOrEqual(30);
          expect(simulation.changes.filter(({ at }) => at > 300).length).toBeLessThanOrEqual(12);
          for (const [index, { at }] of simulation.changes.entries()) {
            expect(at - (simulation.changes[index - 1]?.at ?? 0)).toBeGreaterThanOrEqual(2);
          }
        },
      ),
    );
  });

  test('four of four workers stay four, and eight are reached within a quarter of a minute', () => {
    const four = new Simulation(4);
    four.run(600);
    expect(four.changes).toEqual([]);
    const eight = new Simulation(8);
    eight.run(15);
    expect(eight.workers).toBe(8);
  });

  test('what passes through a narrow place later is noticed when it widens', () => {
    const simulation = new Simulation(16);
    simulation.capacity = 16;
    simulation.run(300);
    expect(simulation.workers).toBe(8);
    simulation.capacity = 32;
    simulation.run(600);
    expect(simulation.workers).toBeGreaterThanOrEqual(13);
  });
});

describe('after trouble', () => {
  test('a store that was too busy for a moment gets its workers back, slowly and one by one', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 64 }), fc.integer({ min: 1, max: 20 }), (limit, seconds) => {
        const simulation = new Simulation(limit);
        simulation.run(120);
        expect(simulation.workers).toBe(limit);
        simulation.throttled = 3;
        simulation.run(seconds);
        expect(simulation.workers).toBe(Math.max(1, Math.floor(limit / 2 ** Math.ceil(seconds / 2))));
        const low = simulation.workers;
        simulation.throttled = 0;
        simulation.run(9);
        expect(simulation.workers).toBe(low);
        simulation.run(240);
        expect(simulation.workers).toBe(limit);
      }),
    );
  });

  test('where so many workers are always too many, it comes to that ever more rarely', () => {
    const simulation = new Simulation(32);
    const tooMany = 11;
    for (let second = 0; second < 3600; second++) {
      simulation.throttled = simulation.workers >= tooMany ? 1 : 0;
      simulation.step();
    }
    const halved = simulation.changes.filter(({ reason }) => reason.includes('fewer requests'));
    expect(halved.length).toBeGreaterThanOrEqual(3);
    expect(halved.length).toBeLessThanOrEqual(12);
    expect(halved.filter(({ at }) => at > 1800).length).toBeLessThanOrEqual(4);
    expect(simulation.workers).toBeGreaterThanOrEqual(5);
  });

  test('a database that slows down under too many workers gets fewer, and keeps to as many as it bears', () => {
    const simulation = new Simulation(32);
    const bears = 12;
    let above = 0;
    for (let second = 0; second < 1200; second++) {
      // The first answer is one from before there was any load.
      simulation.latencyMs = second > 0 && simulation.workers > bears ? 200 : 1;
      simulation.step();
      if (second >= 120 && simulation.workers > bears) above += 1;
    }
    expect(above).toBeLessThan(30);
    expect(simulation.workers).toBeGreaterThanOrEqual(6);
    expect(simulation.workers).toBeLessThanOrEqual(bears);
  });

  test('a single slow answer, and one that is slow only in proportion, change nothing', () => {
    const simulation = new Simulation(4);
    for (let second = 0; second < 300; second++) {
      simulation.latencyMs = second % 3 === 0 ? 900 : second < 100 ? 0.2 : 15;
      simulation.step();
    }
    expect(simulation.changes).toEqual([]);
  });

  test('a database that stays slow without us is no reason to crawl for ever', () => {
    const simulation = new Simulation(8);
    simulation.run(60);
    expect(simulation.workers).toBe(8);
    simulation.latencyMs = 100;
    simulation.run(30);
    expect(simulation.workers).toBeLessThanOrEqual(3);
    simulation.run(900);
    expect(simulation.workers).toBe(8);
  });
});
