import { randomUUID } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { closeFile, openFile, syncFile, unlinkFile } from './file-calls.ts';
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

/** Writes a file by `fill`, which gets its descriptor, and makes it durable; one that could not be finished is removed. */
export async function writeTemporary(folder: string, fill: (file: number) => Promise<void>): Promise<string> {
  const path = temporaryPath(folder);
  const file = await create(path);
  try {
    await fill(file);
    await syncFile(file);
  } catch (error) {
    await removeFile(path);
    throw error;
  } finally {
    await closeFile(file);
  }
  return path;
}

async function create(path: string): Promise<number> {
  try {
    return await openFile(path, 'wx', 0o666);
  } catch (error) {
    if (!isMissing(error)) throw error;
    await makeFolder(dirname(path));
    return openFile(path, 'wx', 0o666);
  }
}

/** Removes a file; a missing one is no error. */
export async function removeFile(path: string): Promise<void> {
  try {
    await unlinkFile(path);
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
