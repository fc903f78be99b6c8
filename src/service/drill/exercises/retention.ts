import { demand } from '../expectations.ts';
import type { Exercise } from '../exercise.ts';
import type { Stage } from '../stage.ts';

async function pruneKilled(stage: Stage): Promise<string> {
  const place = await stage.changedPlace('P3');
  await place.succeed('backup');
  const before = await place.points();
  const rules = ['--keep-last', '1', '--grace-period', '0s'];
  await place.kill('prune', 'prune.removal.recorded', [...rules, '--break-lock']);
  demand((await place.points()).includes(before.at(-1) ?? ''), 'the newest restore point is gone');
  await place.succeed('prune', [...rules, '--break-lock']);
  const after = await place.points();
  demand(after.length === 1, `${after.length} restore points are left of ${before.length}, not 1`);
  await place.succeed('verify');
  return `one of ${before.length} restore points is left, the newest; its ${await place.rowsRestored()} rows are the source's`;
}

async function provedRestore(stage: Stage): Promise<string> {
  const place = await stage.place('V1');
  const { proof } = await place.succeed('verify', ['--restore']);
  demand(typeof proof === 'object' && proof !== null, 'verify --restore told of no proof');
  demand((await place.keys('proofs/')).length === 1, 'no proof was stored');
  return 'restored into a database that was thrown away, compared to the last index, and the proof stored';
}

export const retentionExercises: readonly Exercise[] = [
  { id: 'P3', title: 'prune killed, and repeated', try: pruneKilled },
  { id: 'V1', title: 'proof by a restore', try: provedRestore },
];
