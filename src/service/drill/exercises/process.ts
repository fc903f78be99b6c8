import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { manifestTime } from '../../../format/keys.ts';
import { demand, errorIn } from '../expectations.ts';
import type { Exercise } from '../exercise.ts';
import { said } from '../place.ts';
import type { Stage } from '../stage.ts';

const hour = 3600_000;

async function killedWhileShipping(stage: Stage): Promise<string> {
  const place = await stage.changedPlace('P1a');
  const before = await place.points();
  await place.kill('backup', 'backup.chunk.stored');
  demand((await place.points()).length === before.length, 'a run that was killed left a restore point');
  await place.succeed('verify');
  await place.succeed('backup');
  return `the restore points stayed as they were, the next run ended the work, and its ${await place.rowsRestored()} rows are the source's`;
}

async function killedAfterCommit(stage: Stage): Promise<string> {
  const place = await stage.changedPlace('P1b');
  const before = await place.points();
  await place.kill('backup', 'backup.manifest.stored');
  demand((await place.points()).length === before.length + 1, 'the restore point that was committed is gone');
  const { rowsShipped } = await place.succeed('backup');
  demand(rowsShipped === 0, `the next run shipped ${String(rowsShipped)} rows again`);
  return `the restore point is there, and the next run shipped nothing again; ${await place.rowsRestored()} rows are the source's`;
}

async function restoreKilled(stage: Stage): Promise<string> {
  const place = await stage.changedPlace('P4');
  await place.succeed('backup');
  await stage.source.dropRestored();
  await place.kill('restore', 'restore.loaded', place.restoreFlags());
  demand(!(await stage.source.hasRestored()), 'a restore that was killed left a table');
  return `the target was as before; the next restore brought all ${await place.rowsRestored()} rows`;
}

async function checkpointCutOff(stage: Stage): Promise<string> {
  const place = await stage.changedPlace('K1');
  await place.kill('backup', 'backup.chunk.confirmed');
  const path = join(place.folder, 'logs/db_backup_checkpoint.json');
  const bytes = await readFile(path);
  await writeFile(path, bytes.subarray(0, bytes.length / 2));
  await place.succeed('backup');
  return `the next run did without; ${await place.rowsRestored()} rows are the source's`;
}

/** Sets the clock of a process and its threads off. */
function clockOff(milliseconds: number, nodeOptions = ''): string {
  const module = `const RealDate=Date;globalThis.Date=class extends RealDate{constructor(...given){if(given.length===0)super(RealDate.now()+${milliseconds});else super(...given)}static now(){return RealDate.now()+${milliseconds}}};`;
  return `${nodeOptions} --import=data:text/javascript,${encodeURIComponent(module)}`.trim();
}

function wrongClock(id: string, offset: number): (stage: Stage) => Promise<string> {
  return async (stage) => {
    const place = await stage.changedPlace(id);
    const before = await place.points();
    const NODE_OPTIONS = clockOff(offset, stage.input.environment['NODE_OPTIONS']);
    const odd = await place.run('backup', [], { environment: { NODE_OPTIONS } });
    const refused = errorIn(odd.result)?.code === 'E_STORE_CLOCK';
    demand(odd.exitCode === 0 || refused, `backup ${said(odd)}`);
    await place.succeed('backup');
    const points = await place.points();
    demand(points.length === before.length + (refused ? 1 : 2), 'a restore point is missing');
    const last = points.slice(-2).map((key) => manifestTime(key)?.getTime() ?? 0);
    demand(
      before.every((key, index) => points[index] === key),
      'the restore points changed their order',
    );
    const rows = `${await place.rowsRestored()} rows of the newest are the source's`;
    if (refused) return `the store refused the run (E_STORE_CLOCK), which committed nothing; ${rows}`;
    const isAhead = (last[0] ?? 0) - Date.now() > hour / 2;
    demand(isAhead === offset > 0, 'the name of the restore point does not tell of the clock');
    return `restore points kept their order; ${rows}`;
  };
}

export const processExercises: readonly Exercise[] = [
  { id: 'P1a', title: 'backup killed while it ships', try: killedWhileShipping },
  { id: 'P1b', title: 'backup killed right after its commit', try: killedAfterCommit },
  { id: 'P4', title: 'restore killed when all is loaded', try: restoreKilled },
  { id: 'P8a', title: 'clock an hour ahead', try: wrongClock('P8a', hour) },
  { id: 'P8b', title: 'clock an hour behind', try: wrongClock('P8b', -hour) },
  { id: 'K1', title: 'checkpoint cut off', try: checkpointCutOff },
];
