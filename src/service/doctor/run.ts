import { attempt, pass, skipped, type Check } from './check.ts';
import { checkClocks } from './check-clocks.ts';
import { checkDatabase } from './check-database.ts';
import { checkFolder } from './check-folder.ts';
import { checkRestorePoints } from './check-restore-points.ts';
import { checkStore } from './check-store.ts';
import type { DoctorInput } from './doctor-input.ts';

/**
 * Checks everything that a backup with these settings needs, and goes on whatever it finds. Nothing of it is left behind:
 * only a missing bucket or store folder is created, as the first backup would.
 */
export async function runDoctor(input: DoctorInput): Promise<Check[]> {
  const { store, signal } = input;
  const checks: Check[] = [checkConfigFile(input)];
  const database = await checkDatabase(input);
  checks.push(...database.checks);
  const found = await checkStore(store, signal);
  checks.push(...found.checks);
  const { identity } = database;
  checks.push(
    identity && found.reachable
      ? await attempt('restore points', signal, () => checkRestorePoints(store, identity, signal))
      : skipped('restore points', 'needs the database and the store'),
    checkClocks(database.clockAheadMs, found.clockAheadMs),
  );
  for (const folder of input.folders)
    checks.push(await attempt(folder.name, signal, () => checkFolder(folder)));
  return checks;
}

/** A config file that is wrong ends the program before it comes here. */
function checkConfigFile({ configFile }: DoctorInput): Check {
  const { path, found } = configFile;
  if (found) return pass('config file', `${path} was read`);
  return skipped('config file', `there is no ${path}: flags, environment and defaults count`);
}
