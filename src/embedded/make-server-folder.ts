import { chown, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { BackupError, messageOf } from '../core/errors.ts';
import { runAs, type ServerUser } from './server-user.ts';

/**
 * Makes a folder (mode 0700) that belongs to the server's user, in the first of the parents where that user
 * can really enter it: a parent further up may be closed to it.
 *
 * @throws BackupError `E_EMBEDDED_POSTGRES` when none of the parents will do.
 */
export async function makeServerFolder(
  parents: readonly string[],
  user: ServerUser | undefined,
): Promise<string> {
  const reasons: string[] = [];
  for (const parent of parents) {
    try {
      return await makeIn(parent, user);
    } catch (error) {
      reasons.push(`${parent}: ${messageOf(error).trim()}`);
    }
  }
  throw new BackupError(
    'E_EMBEDDED_POSTGRES',
    `no folder for a throw-away server could be made (${reasons.join('; ')})`,
    { hint: 'Set TMPDIR to a folder that this user, or as root the user `postgres`, can write.' },
  );
}

async function makeIn(parent: string, user: ServerUser | undefined): Promise<string> {
  const folder = await mkdtemp(join(parent, 'throwaway-postgres-'));
  try {
    if (user) await chown(folder, user.uid, user.gid);
    await runAs('/bin/sh', ['-c', 'cd -- "$1" && : > probe && rm probe', 'sh', folder], { user, cwd: '/' });
    return folder;
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}
