import { randomUUID } from 'node:crypto';
import { open, stat, statfs, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { BackupError, codeOf, messageOf } from '../../core/errors.ts';
import { pass, warning, type Check } from './check.ts';
import type { FolderToCheck } from './doctor-input.ts';

/** Less free space than this is worth a word. */
const littleSpace = 100 * 1024 * 1024;

/** Whether files can be made in a folder, or in the nearest one above it where it is still to be made; and its space. */
export async function checkFolder({ name, folder, option }: FolderToCheck): Promise<Check> {
  const existing = await nearestFolder(folder);
  await tryToWrite(existing, folder, option);
  const { bavail, bsize } = await statfs(existing);
  const free = bavail * bsize;
  const found = `${folder} is writable${existing === folder ? '' : ' (it will be made)'}, ${mebibytes(free)} free`;
  if (free >= littleSpace) return pass(name, found);
  return warning(name, found, `Free space on this file system, or choose another folder with ${option}.`);
}

async function nearestFolder(path: string): Promise<string> {
  try {
    await stat(path);
    return path;
  } catch (error) {
    if (codeOf(error) !== 'ENOENT' || dirname(path) === path) return dirname(path);
    return nearestFolder(dirname(path));
  }
}

/** Rights alone do not tell: a file system may be read-only or full, and for root all rights are there. */
async function tryToWrite(existing: string, folder: string, option: string): Promise<void> {
  const path = join(existing, `.storydredge-doctor-${randomUUID()}`);
  try {
    const file = await open(path, 'wx', 0o600);
    try {
      await file.writeFile('doctor\n');
      await file.sync();
    } finally {
      await file.close();
      await unlink(path);
    }
  } catch (cause) {
    throw new BackupError('E_OUTPUT', `${folder} is not writable: ${messageOf(cause)}`, {
      hint: `Give this user the right to write there (chown, chmod), or choose another folder with ${option}.`,
      cause,
    });
  }
}

function mebibytes(bytes: number): string {
  return `${Math.floor(bytes / 1024 / 1024).toLocaleString('en-US')} MiB`;
}
