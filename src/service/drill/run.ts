import { mkdir } from 'node:fs/promises';
import { BackupError, messageOf } from '../../core/errors.ts';
import { removeTemporaryFolder, temporaryFolder } from '../../core/temporary-files.ts';
import { makeScratchDatabase } from '../proof/scratch-database.ts';
import type { DrillInput, DrillResult, ExerciseResult } from './drill-input.ts';
import { DrillPrefix } from './drill-prefix.ts';
import { DrillSource } from './drill-source.ts';
import { NotTried } from './expectations.ts';
import type { Exercise } from './exercise.ts';
import { removeAbandonedDrills } from './remove-abandoned.ts';
import { exercises } from './exercises.ts';
import { Stage } from './stage.ts';

/** Of the database that is thrown away; any version will do. */
const anyServer = { encoding: 'UTF8', serverVersion: 0 };

/**
 * Breaks things on purpose in a prefix and a database of its own, and tells which of the promises this very store and this
 * machine keep. What is in the store already is not touched, and the source is only looked at.
 *
 * @throws BackupError where it cannot be tried at all; what fails in an exercise is its result
 */
export async function runDrill(input: DrillInput): Promise<DrillResult> {
  const { storeUrl, openStore, startedAt, reporter, signal } = input;
  const chosen = choose(input.only);
  await removeAbandonedDrills(input);
  // 1. A prefix, a working folder and a database, all thrown away afterwards.
  const prefix = await DrillPrefix.open(storeUrl, startedAt, openStore, signal);
  const folder = temporaryFolder();
  reporter.log('info', `Exercising below ${prefix.url}`);
  let left: number | null = 0;
  const results: ExerciseResult[] = [];
  try {
    await mkdir(folder, { mode: 0o700, recursive: true });
    const { scratchUrl, resolve } = input;
    const scratch = await makeScratchDatabase({ ...anyServer, scratchUrl, resolve, reporter, signal });
    try {
      const source = await DrillSource.open(scratch, signal);
      // 2. One exercise after the other, whatever becomes of those before.
      try {
        const stage = new Stage(input, prefix, source, folder);
        for (const exercise of chosen) results.push(await tryOne(exercise, stage));
      } finally {
        await source.close();
      }
    } finally {
      await scratch.remove();
    }
  } finally {
    // 3. Nothing stays.
    left = await prefix.remove(reporter);
    await removeTemporaryFolder(folder);
  }
  const durationSeconds = (Date.now() - startedAt.getTime()) / 1000;
  const status = results.some(({ verdict }) => verdict === 'failed') ? 'failed' : 'passed';
  return { status, store: prefix.url, exercises: results, left, durationSeconds };
}

/** @throws BackupError E_USAGE */
function choose(only: readonly string[]): readonly Exercise[] {
  const isMeant = (id: string, exercise: Exercise): boolean =>
    exercise.id === id || exercise.id.replace(/[a-z]$/, '') === id;
  const unknown = only.find((id) => !exercises.some((exercise) => isMeant(id, exercise)));
  if (unknown !== undefined) {
    throw new BackupError('E_USAGE', `there is no exercise ${JSON.stringify(unknown)}`, {
      hint: `Those of --exercise are: ${exercises.map(({ id }) => id).join(', ')}.`,
    });
  }
  return only.length === 0
    ? exercises
    : exercises.filter((exercise) => only.some((id) => isMeant(id, exercise)));
}

async function tryOne(exercise: Exercise, stage: Stage): Promise<ExerciseResult> {
  const { reporter, signal } = stage.input;
  const { id, title } = exercise;
  const startedAt = performance.now();
  const { verdict, detail } = await outcomeOf(exercise, stage);
  signal.throwIfAborted();
  const seconds = Math.round(performance.now() - startedAt) / 1000;
  const level = verdict === 'failed' ? 'error' : 'info';
  reporter.log(level, `${id} ${verdict}: ${title}: ${detail}`, { seconds });
  return { id, title, verdict, detail, seconds };
}

async function outcomeOf(
  exercise: Exercise,
  stage: Stage,
): Promise<Pick<ExerciseResult, 'verdict' | 'detail'>> {
  try {
    return { verdict: 'passed', detail: await exercise.try(stage) };
  } catch (error) {
    const verdict = error instanceof NotTried ? 'skipped' : 'failed';
    return { verdict, detail: messageOf(error) };
  }
}
