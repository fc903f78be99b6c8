import type { Dirent } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isMissing } from './map-error.ts';
import { isStoredKey } from './paths.ts';
import type { StoredObject } from '../store.ts';
import { storedObject } from './stored-object.ts';

export interface ListRequest {
  readonly prefix: string;
  readonly startAfter: string;
  readonly signal: AbortSignal | undefined;
}

/**
 * The objects below `folder` in the byte order of their keys. Symbolic links, files of other programs with names
 * that are no keys, and unfinished files are left out.
 */
export async function* listFolder(
  folder: string,
  request: ListRequest,
  path = '',
): AsyncIterable<StoredObject> {
  for (const entry of await entriesOf(join(folder, path))) {
    request.signal?.throwIfAborted();
    const key = path + entry.name;
    if (entry.isDirectory()) {
      if (mayHold(`${key}/`, request)) yield* listFolder(folder, request, `${key}/`);
    } else if (entry.isFile() && isWanted(key, request)) {
      const object = await describe(folder, key);
      if (object !== undefined) yield object;
    }
  }
}

/** In the order of the keys below: a folder sorts as its name with a slash. */
async function entriesOf(path: string): Promise<Dirent[]> {
  try {
    const entries = await readdir(path, { withFileTypes: true });
    const sorted = entries.map((entry) => ({ entry, name: entry.name + (entry.isDirectory() ? '/' : '') }));
    sorted.sort((a, b) => (a.name < b.name ? -1 : 1));
    return sorted.map(({ entry }) => entry);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

/** Whether a key that starts with `start` can be wanted. */
function mayHold(start: string, { prefix, startAfter }: ListRequest): boolean {
  const inPrefix = start.startsWith(prefix) || prefix.startsWith(start);
  return inPrefix && (start > startAfter || startAfter.startsWith(start)) && isStoredKey(`${start}x`);
}

function isWanted(key: string, { prefix, startAfter }: ListRequest): boolean {
  return key.startsWith(prefix) && key > startAfter && isStoredKey(key);
}

async function describe(folder: string, key: string): Promise<StoredObject | undefined> {
  try {
    return storedObject(key, await lstat(join(folder, key), { bigint: true }));
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
