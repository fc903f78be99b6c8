import { expect, test } from 'vitest';
import { shareProcessors } from '../../../src/backup/workers/share-processors.ts';
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
