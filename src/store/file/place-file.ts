import { lstat, rename } from 'node:fs/promises';
import { codeOf } from '../../core/errors.ts';
import { linkFile } from './file-calls.ts';
import { isMissing } from './map-error.ts';

/** File systems without hard links (exFAT, some network shares) say one of these. */
const noHardLinks: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

/** Gives a finished file its name, replacing what is there. */
export async function placeFile(temporary: string, path: string): Promise<void> {
  await rename(temporary, path);
}

/**
 * Gives a finished file its name unless there is one of that name: link(2) tells atomically. Without hard links a
 * look before the rename has to do. The temporary name may stay: the caller removes it.
 *
 * @returns false when the name was taken.
 */
export async function placeNewFile(temporary: string, path: string): Promise<boolean> {
  const linked = await tryLink(temporary, path);
  if (linked === 'taken') return false;
  if (linked === 'done') return true;
  if (await isTaken(path)) return false;
  await rename(temporary, path);
  return true;
}

/** Whether link(2) works here and refuses a taken name; `temporary` and `other` are paths in one folder. */
export async function refusesTakenNames(temporary: string, other: string): Promise<boolean> {
  const outcomes = [await tryLink(temporary, other), await tryLink(temporary, other)];
  return outcomes[0] === 'done' && outcomes[1] === 'taken';
}

async function tryLink(temporary: string, path: string): Promise<'done' | 'taken' | 'unsupported'> {
  try {
    await linkFile(temporary, path);
    return 'done';
  } catch (error) {
    const code = codeOf(error) ?? '';
    if (code === 'EEXIST') return 'taken';
    if (noHardLinks.has(code)) return 'unsupported';
    throw error;
  }
}

async function isTaken(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}
