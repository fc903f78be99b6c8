import { readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { BackupError, codeOf, messageOf } from '../core/errors.ts';
import type { Environment } from './connection-parameters.ts';

/** Where libpq looks for a user's files: `~/.pgpass`, `~/.pg_service.conf` and the folder `~/.postgresql`. */
export interface UserFiles {
  readonly passwordFile: string;
  readonly serviceFile: string;
  /** Certificates and keys. */
  readonly folder: string;
}

export function userFiles(env: Environment): UserFiles {
  if (process.platform === 'win32') {
    const folder = join(env['APPDATA'] ?? homedir(), 'postgresql');
    return {
      passwordFile: join(folder, 'pgpass.conf'),
      serviceFile: join(folder, '.pg_service.conf'),
      folder,
    };
  }
  const home = env['HOME'] || homedir();
  return {
    passwordFile: join(home, '.pgpass'),
    serviceFile: join(home, '.pg_service.conf'),
    folder: join(home, '.postgresql'),
  };
}

/** The text of a file; undefined where there is none. */
export async function readIfPresent(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(codeOf(error) ?? '')) return undefined;
    throw new BackupError('E_USAGE', `cannot read ${path}: ${messageOf(error)}`, { cause: error });
  }
}

/** Whether others than its owner may read a file that holds a secret; false where the system has no such modes. */
export async function isOpenToOthers(path: string): Promise<boolean> {
  if (process.platform === 'win32') return false;
  const { mode, uid } = await stat(path);
  // A key of root may be readable by a group: how servers share theirs.
  return (mode & (uid === 0 ? 0o037 : 0o077)) !== 0;
}
