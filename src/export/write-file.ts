import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { BackupError, messageOf } from '../core/errors.ts';
import { placeNewFile } from '../store/file/place-file.ts';

/** Takes the bytes of a file, and resolves when more may come. */
export type WriteBytes = (bytes: Uint8Array) => Promise<void>;

/** @throws BackupError `E_OUTPUT` */
export async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true }).catch((error: unknown) => {
    throw outputError(error, path);
  });
}

/**
 * Writes a file whose name it gets only when `fill` has resolved and all is on the disk; it never takes the place of
 * another. Where anything fails, nothing of it stays.
 *
 * @throws BackupError `E_OUTPUT`, and whatever `fill` throws
 */
export async function writeNewFile<T>(
  folder: string,
  name: string,
  fill: (write: WriteBytes) => Promise<T>,
): Promise<T> {
  const path = join(folder, name);
  const unfinished = join(folder, `.${name}.unfinished`);
  const output = async <R>(work: Promise<R>): Promise<R> =>
    work.catch((error: unknown) => {
      throw outputError(error, path);
    });
  // What a killed export left behind is written anew.
  const file = await output(open(unfinished, 'w'));
  try {
    const result = await fill((bytes) => output(file.writeFile(bytes)));
    await output(file.sync());
    if (!(await output(placeNewFile(unfinished, path)))) throw taken(path);
    return result;
  } finally {
    await file.close();
    await rm(unfinished, { force: true }).catch(() => undefined);
  }
}

export function taken(path: string): BackupError {
  return new BackupError('E_OUTPUT', `${path} is there already`, {
    hint: 'Remove it, or export into another folder: nothing is overwritten.',
  });
}

function outputError(error: unknown, path: string): BackupError {
  return new BackupError('E_OUTPUT', `cannot write ${path}: ${messageOf(error)}`, { cause: error });
}
