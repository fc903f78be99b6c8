import { randomUUID } from 'node:crypto';
import { open, readdir, stat, unlink, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { hiddenFolder } from './paths.ts';
import { makeFolder } from './make-folder.ts';
import { isMissing } from './map-error.ts';

const staleAfterMs = 24 * 3600 * 1000;

/** Where unfinished files lie: below the store's folder, so that a rename never crosses file systems. */
export function temporaryFolder(folder: string): string {
  return join(folder, hiddenFolder, 'unfinished');
}

/** A new path of its own. */
export function temporaryPath(folder: string): string {
  return join(temporaryFolder(folder), randomUUID());
}

/** Writes a file by `fill` and makes it durable; one that could not be finished is removed. */
export async function writeTemporary(
  folder: string,
  fill: (file: FileHandle) => Promise<void>,
): Promise<string> {
  const path = temporaryPath(folder);
  const file = await create(path);
  try {
    await fill(file);
    await file.sync();
  } catch (error) {
    await removeFile(path);
    throw error;
  } finally {
    await file.close();
  }
  return path;
}

async function create(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'wx', 0o666);
  } catch (error) {
    if (!isMissing(error)) throw error;
    await makeFolder(dirname(path));
    return open(path, 'wx', 0o666);
  }
}

/** Removes a file; a missing one is no error. */
export async function removeFile(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

/** Removes what processes killed more than a day ago left (law 4: no repair by hand). */
export async function removeStale(folder: string): Promise<void> {
  const unfinished = temporaryFolder(folder);
  for (const name of await readdir(unfinished)) {
    const path = join(unfinished, name);
    try {
      const { mtimeMs } = await stat(path);
      if (Date.now() - mtimeMs > staleAfterMs) await removeFile(path);
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }
}
