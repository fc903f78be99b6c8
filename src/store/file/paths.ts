import { lstat } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { BackupError, codeOf } from '../../core/errors.ts';
import { checkObjectKey, isObjectKey } from '../object-key.ts';
import { realPath } from './file-calls.ts';

/** Below the store's folder: what is not finished yet. Never listed. */
export const hiddenFolder = '.storydredge';

export function isStoredKey(key: string): boolean {
  return isObjectKey(key) && !key.startsWith(`${hiddenFolder}/`) && key !== hiddenFolder;
}

/** The path of an object. Its key is checked, so that it stays below `folder` by name (law 8). */
export function pathOf(folder: string, key: string): string {
  checkObjectKey(key);
  if (!isStoredKey(key)) {
    throw new BackupError('E_STORE_FAILED', `The key ${key} is reserved for unfinished files.`);
  }
  return join(folder, key);
}

/**
 * Refuses a path that a symbolic link leads out of `folder` (law 8). The last part may be missing, and is opened
 * with O_NOFOLLOW by those who read it.
 */
export async function checkInside(folder: string, path: string): Promise<void> {
  const [root, parent] = await Promise.all([realPath(folder), existingFolder(dirname(path))]);
  if (parent === root || parent.startsWith(root + sep)) return;
  throw new BackupError('E_STORE_FAILED', `${path} leads out of the store by a symbolic link.`, {
    hint: 'The store does not follow symbolic links out of its folder: replace it by the folder itself.',
  });
}

async function existingFolder(path: string): Promise<string> {
  try {
    return await realPath(path);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
    // A dangling link must not pass for a folder still to be made: mkdir would follow it. It has no real path either,
    // in contrast to a folder that another put has made since.
    return (await exists(path)) ? realPath(path) : existingFolder(dirname(path));
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
}
