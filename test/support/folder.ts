import { mkdtempSync, realpathSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cleanUpLater } from './clean-up.ts';

/** A new, empty folder below the system's folder for temporary files; removed after the test or file. */
export async function temporaryFolder(): Promise<string> {
  // Made synchronously, so that there is something to remove from the moment its removal is registered.
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'sdb-test-'));
  cleanUpLater(async () => rm(folder, { recursive: true, force: true }));
  return folder;
}
