import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { changeRate, presentRate, RateLimit, shareRate } from '../../src/core/rate-limit.ts';

const millisecond = 1_000_000n;
/** What may come at once after a pause: a tenth of a second. */
const creditMs = 100;

test('readers that share a rate stay below it, whoever reads when, and reach it', () => {
  const step = fc.record({
    reader: fc.nat(2),
    bytes: fc.integer({ min: 1, max: 200_000 }),
    pauseMs: fc.nat(50),
  });
  fc.assert(
    fc.property(
      fc.integer({ min: 1000, max: 10_000_000 }),
      fc.array(step, { minLength: 1 }),
      (bytesPerSecond, steps) => {
        let now = 5_000n * millisecond;
        const started = now;
        const rate = shareRate(bytesPerSecond);
        const limits = [0, 1, 2].map(() => new RateLimit(rate, () => now));
        let total = 0;
        for (const { reader, bytes, pauseMs } of steps) {
          now += BigInt(pauseMs) * millisecond;
          const waitMs = limits[reader]?.reserve(bytes) ?? NaN;
          total += bytes;
          const dueMs = Number((now - started) / millisecond) + waitMs;
          // No sooner than the rate allows, and no later than without any pause.
          const paidMs = (total / bytesPerSecond) * 1000;
          expect(dueMs).toBeGreaterThanOrEqual(paidMs - creditMs - 1);
          expect(waitMs).toBeLessThanOrEqual(paidMs + 1);
        }
      },
    ),
  );
});

test.each([
  { bytesPerSecond: 100_000_000_000, burst: 512 * 1024 },
  { bytesPerSecond: 1024 * 1024, burst: 205 * 1024 },
  { bytesPerSecond: 100_000, burst: 32 * 1024 },
])('at $bytesPerSecond bytes a second, pieces are counted together up to $burst', async (each) => {
  let asked = 0;
  const limit = new RateLimit(shareRate(each.bytesPerSecond), () => BigInt(asked++));
  const pieces = Array.from({ length: (2 * each.burst) / 1024 }, () => limit.take(1024));
  expect(asked).toBe(2);
  for (const wait of pieces) await wait;
});

test('threads book in one schedule', async () => {
  const rate = shareRate(1_000_000);
  const code = `
    const { workerData } = require('node:worker_threads');
    import(workerData.module).then(({ RateLimit }) => {
      const limit = new RateLimit(workerData.rate);
      for (let i = 0; i < 1000; i++) limit.reserve(1000);
    });`;
  const module = new URL('../../src/core/rate-limit.ts', import.meta.url).href;
  const workers = [1, 2].map(() => new Worker(code, { eval: true, workerData: { rate, module } }));
  await Promise.all(workers.map((worker) => once(worker, 'exit')));
  // 2 MB at 1 MB/s were booked; starting the threads took less than the two seconds that this took.
  const startedAt = process.hrtime.bigint();
  const paid = new BigInt64Array(rate.schedule)[0] ?? 0n;
  expect(paid).toBeGreaterThan(startedAt - 60n * 1_000_000_000n);
  const before = paid;
  new RateLimit(rate, () => 0n).reserve(500_000);
  expect((new BigInt64Array(rate.schedule)[0] ?? 0n) - before).toBe(500n * millisecond);
});

test('a rate that is changed holds for all who share it, and for what is booked from then on', () => {
  const rate = shareRate(1_000_000);
  const [one, other] = [new RateLimit(rate, () => 0n), new RateLimit(rate, () => 0n)];
  const booked = one.reserve(1_000_000);
  changeRate(rate, 250_000);
  expect(presentRate(rate)).toBe(250_000);
  expect(other.reserve(1_000_000) - booked).toBeCloseTo(4000);
  changeRate(rate, 0.1);
  expect(presentRate(rate)).toBe(1);
});
