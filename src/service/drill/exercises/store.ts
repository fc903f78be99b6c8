import { demand, NotTried } from '../expectations.ts';
import type { Exercise } from '../exercise.ts';
import type { Stage } from '../stage.ts';

async function conditions({ prefix, input }: Stage): Promise<string> {
  if (await prefix.store.honoursConditions(input.signal)) {
    return 'the store refuses to overwrite: of two runs at once one gets the lease';
  }
  throw new NotTried(
    'the store overwrites all the same (If-None-Match is not honoured): two hosts at once are told apart by a look a second later; let one host only write below a prefix',
  );
}

async function uploads({ prefix, input }: Stage): Promise<string> {
  const { checksUploads, storedSha256 } = await prefix.store.capabilities(input.signal);
  if (checksUploads)
    return `the store refuses them${storedSha256 ? ', and keeps the SHA-256 of each object' : ''}`;
  throw new NotTried(
    'the store takes them: every answer is compared with what was sent; run `verify --deep` from time to time',
  );
}

async function throttled(stage: Stage): Promise<string> {
  const place = await stage.changedPlace('S1');
  const fault = { STORYDREDGE_STORE_FAULT: 'slow-down:5' };
  const result = await place.succeed('backup', [], { environment: fault });
  const retries = Number(result['throttled']);
  demand(retries > 0, 'no operation was tried again');
  return `the run completed with ${retries} operations tried again; ${await place.rowsRestored()} rows are the source's`;
}

export const storeExercises: readonly Exercise[] = [
  { id: 'S1', title: 'throttled store', try: throttled },
  { id: 'S10', title: 'uploads that arrive damaged', try: uploads },
  { id: 'S21', title: 'conditional puts', try: conditions },
];
