import { randomUUID } from 'node:crypto';
import { leaseKey } from '../../../format/keys.ts';
import { demand, errorIn } from '../expectations.ts';
import type { Exercise } from '../exercise.ts';
import type { Stage } from '../stage.ts';

async function foreignLease(stage: Stage): Promise<string> {
  const place = await stage.place('L1');
  const before = await place.points();
  const now = Date.now();
  const lease = {
    runId: randomUUID(),
    source: 'a source that this drill made up',
    host: 'another-host',
    pid: 1,
    expiresAt: new Date(now + 3600_000).toISOString(),
    startedAt: new Date(now).toISOString(),
  };
  await place.replace(leaseKey, Buffer.from(`${JSON.stringify(lease)}\n`));
  const error = errorIn(await place.fail('backup', 3));
  demand(error?.code === 'E_STORE_LOCKED', `backup failed with ${error?.code ?? 'no code'}`);
  demand((await place.points()).length === before.length, 'a run without the lease committed');
  await place.succeed('backup', ['--break-lock']);
  demand(
    (await place.points()).length === before.length + 1,
    'the run that broke the lock has no restore point',
  );
  demand((await place.keys(leaseKey)).length === 0, 'a lease was left behind');
  return 'the run ended with exit status 3 and committed nothing; with --break-lock it completed';
}

export const lockExercises: readonly Exercise[] = [
  { id: 'L1', title: 'lease held by another host', try: foreignLease },
];
