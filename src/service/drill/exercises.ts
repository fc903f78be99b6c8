import type { Exercise } from './exercise.ts';
import { damageExercises } from './exercises/damage.ts';
import { databaseExercises } from './exercises/database.ts';
import { lockExercises } from './exercises/locks.ts';
import { processExercises } from './exercises/process.ts';
import { retentionExercises } from './exercises/retention.ts';
import { storeExercises } from './exercises/store.ts';

/** All there are; the letters are those of docs/reliability.md. */
export const exercises: readonly Exercise[] = [
  ...processExercises,
  ...storeExercises,
  ...databaseExercises,
  ...damageExercises,
  ...lockExercises,
  ...retentionExercises,
];
