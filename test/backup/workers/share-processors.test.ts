import { expect, test } from 'vitest';
import { shareProcessors, ShareLog } from '../../../src/backup/workers/share-processors.ts';
import { presentRate, shareRate } from '../../../src/core/rate-limit.ts';
import { silentReporter } from '../../../src/core/events.ts';
import { openSession } from '../../postgres/sessions.ts';
import { createDatabase } from '../../support/postgres.ts';

test('a run beside its database begins with a sixteenth of its rate, and leaves the whole behind', async () => {
  const session = await openSession((await createDatabase()).url);
  const rate = shareRate(80_000_000);
  const end = await shareProcessors(session, rate, silentReporter);
  expect(presentRate(rate)).toBe(5_000_000);
  end();
  expect(presentRate(rate)).toBe(80_000_000);
});

test('it is told when a run has read at a quarter or less for two seconds, and when it has the whole again', () => {
  const told: string[] = [];
  const log = new ShareLog(48_000_000, {
    ...silentReporter,
    log: (level, message) => told.push(`${level}: ${message}`),
  });
  const look = (share: number, times: number): void => {
    for (let time = 0; time < times; time += 1) log.note(share);
  };
  look(1 / 16, 19);
  look(1 / 2, 1);
  look(1 / 4, 19);
  expect(told).toEqual([]);
  look(1 / 8, 30);
  expect(told).toEqual([expect.stringMatching(/^info: Others need the processors .* 6\.0 MB\/s/)]);
  look(1 / 2, 5);
  look(1, 5);
  expect(told.slice(1)).toEqual(['info: The processors are free again: reading at 48.0 MB/s']);
  look(1 / 16, 20);
  expect(told.slice(2)).toEqual([expect.stringMatching(/^debug: Others need/)]);
});
