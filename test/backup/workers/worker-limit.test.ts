import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { rangesOf, WorkerLimit } from '../../../src/backup/workers/worker-limit.ts';

/** Begins far more than may run at once, and tells how many did. */
async function mostAtOnce(run: (work: () => Promise<void>) => Promise<void>): Promise<number> {
  let [now, most] = [0, 0];
  const work = async () => {
    now += 1;
    most = Math.max(most, now);
    for (let turn = 0; turn < 3; turn++) await setImmediate();
    now -= 1;
  };
  await Promise.all(Array.from({ length: 100 }, () => run(work)));
  return most;
}

test.each([1, 2, 4, 16])('%i workers: so many ranges, readers and chunks of updates', async (workers) => {
  const limit = new WorkerLimit(1, 1);
  limit.allow(workers);
  expect(await mostAtOnce((work) => limit.range(work))).toBe(rangesOf(workers));
  expect(await mostAtOnce((work) => limit.read(work))).toBe(workers);
  expect(limit.used).toBe(workers);
  // Each chunk of updates stays in memory until all of its ranges are proved.
  expect(await mostAtOnce((work) => limit.updates(work))).toBe(Math.max(2, workers / 2));
});

test('all of a run are chunks of updates in their ranges, whose proofs wait for none of them', async () => {
  const limit = new WorkerLimit(1, 1);
  let proofs = 0;
  const ship = async () => {
    await limit.read(async () => {});
    await Promise.all(Array.from({ length: 10 }, () => limit.proofs.run(async () => void (proofs += 1))));
  };
  await Promise.all(Array.from({ length: 20 }, () => limit.range(() => limit.updates(ship))));
  expect(proofs).toBe(200);
});
