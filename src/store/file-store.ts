import { dirname } from 'node:path';
import { checkByteRange } from './byte-range.ts';
import { statName, unlinkFile, writeBytes } from './file/file-calls.ts';
import { listFolder } from './file/list-folder.ts';
import { makeFolder, syncFolder } from './file/make-folder.ts';
import { explainFileError, explainReadError, isMissing, isSystemError } from './file/map-error.ts';
import { ObjectPlaces } from './file/object-places.ts';
import { checkInside, pathOf } from './file/paths.ts';
import { refusesTakenNames } from './file/place-file.ts';
import { readPieces, readWhole } from './file/read-file.ts';
import { storedObject } from './file/stored-object.ts';
import {
  removeFile,
  removeStale,
  temporaryFolder,
  temporaryPath,
  writeTemporary,
} from './file/temporary-files.ts';
import type { FileLocation } from './store-url.ts';
import type {
  DeletionFacts,
  GetOptions,
  ListOptions,
  ObjectFacts,
  PutOptions,
  RefusedDeletion,
  ServiceFacts,
  Store,
  StoreCapabilities,
  StoredObject,
} from './store.ts';

/**
 * A folder as a store. An object is written to a hidden folder beside the others, flushed, and then given its name
 * in one step, so that a crash leaves it whole or absent (law 4). Metadata are not kept: every file below the
 * folder that is not hidden is an object.
 */
export class FileStore implements Store {
  readonly url: string;
  readonly #folder: string;
  #honoursConditions: Promise<boolean> | undefined;
  readonly #places: ObjectPlaces;

  constructor(location: FileLocation) {
    this.url = location.url;
    this.#folder = location.folder;
    this.#places = new ObjectPlaces(location.folder);
  }

  objectKey(key: string): string {
    return key;
  }

  async capabilities(signal?: AbortSignal): Promise<StoreCapabilities> {
    signal?.throwIfAborted();
    const other = temporaryPath(this.#folder);
    const conditionalPut = await this.#explained('try hard links in', async () => {
      const temporary = await writeTemporary(this.#folder, async () => {});
      try {
        return await refusesTakenNames(temporary, other);
      } finally {
        await Promise.all([removeFile(temporary), removeFile(other)]);
      }
    });
    // Nothing lies between: what is written is what the file system was given.
    return { conditionalPut, checksUploads: true, storedSha256: false, storedMetadata: false };
  }

  async honoursConditions(signal?: AbortSignal): Promise<boolean> {
    this.#honoursConditions ??= this.capabilities(signal).then(({ conditionalPut }) => conditionalPut);
    return this.#honoursConditions;
  }

  async prepare(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    await this.#explained('prepare', async () => {
      await makeFolder(temporaryFolder(this.#folder));
      await removeStale(this.#folder);
      await removeFile(await writeTemporary(this.#folder, async () => {}));
    });
  }

  async put(key: string, body: Uint8Array, options: PutOptions = {}): Promise<StoredObject> {
    return this.#write(key, options, (file) => writeBytes(file, body));
  }

  async putStream(
    key: string,
    parts: AsyncIterable<Uint8Array>,
    options: PutOptions = {},
  ): Promise<StoredObject> {
    return this.#write(key, options, async (file) => {
      for await (const part of parts) {
        options.signal?.throwIfAborted();
        await writeBytes(file, part);
      }
    });
  }

  async get(key: string, options: GetOptions = {}): Promise<Uint8Array> {
    const path = await this.#readable(key, options);
    try {
      return await readWhole(path, options);
    } catch (error) {
      throw explainReadError(error, path);
    }
  }

  async *getStream(key: string, options: GetOptions = {}): AsyncIterable<Uint8Array> {
    const path = await this.#readable(key, options);
    try {
      for await (const piece of readPieces(path, options.range)) {
        options.signal?.throwIfAborted();
        yield piece;
      }
    } catch (error) {
      options.signal?.throwIfAborted();
      throw explainReadError(error, path);
    }
  }

  async head(key: string, signal?: AbortSignal): Promise<ObjectFacts | undefined> {
    const path = pathOf(this.#folder, key);
    signal?.throwIfAborted();
    try {
      const stats = await statName(path);
      return stats.isFile() ? { ...storedObject(key, stats), metadata: {} } : undefined;
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw explainFileError(error, `read ${path}`);
    }
  }

  async *list(prefix: string, options: ListOptions = {}): AsyncIterable<StoredObject> {
    const { startAfter = '', signal } = options;
    try {
      yield* listFolder(this.#folder, { prefix, startAfter, signal });
    } catch (error) {
      signal?.throwIfAborted();
      throw explainFileError(error, `list ${this.#folder}`);
    }
  }

  async delete(keys: readonly string[], signal?: AbortSignal): Promise<readonly RefusedDeletion[]> {
    const folders = new Set<string>();
    const refused: RefusedDeletion[] = [];
    for (const key of keys) {
      signal?.throwIfAborted();
      const path = pathOf(this.#folder, key);
      try {
        await checkInside(this.#folder, path);
        await unlinkFile(path);
        folders.add(dirname(path));
      } catch (error) {
        if (isMissing(error)) continue;
        const explained = explainFileError(error, `delete ${path}`);
        if (explained.code !== 'E_STORE_ACCESS_DENIED') throw explained;
        refused.push({ key, error: explained });
      }
    }
    await this.#explained('flush', () => Promise.all([...folders].map(syncFolder)));
    return refused;
  }

  /** What a put that was killed has left is removed by `prepare`. */
  async *listUploads(): AsyncIterable<never> {}

  async abortUpload(): Promise<void> {}

  async deletion(): Promise<DeletionFacts> {
    return { keepsVersions: false, objectLock: false };
  }

  service(): ServiceFacts {
    return { name: 'a folder', adaptations: [] };
  }

  close(): void {}

  async #readable(key: string, options: GetOptions): Promise<string> {
    const path = pathOf(this.#folder, key);
    checkByteRange(options.range);
    options.signal?.throwIfAborted();
    try {
      await checkInside(this.#folder, path);
    } catch (error) {
      throw explainReadError(error, path);
    }
    return path;
  }

  async #write(
    key: string,
    options: PutOptions,
    fill: (file: number) => Promise<void>,
  ): Promise<StoredObject> {
    const path = pathOf(this.#folder, key);
    options.signal?.throwIfAborted();
    return this.#explained(`write ${key} in`, async () => {
      const temporary = await writeTemporary(this.#folder, fill);
      try {
        options.signal?.throwIfAborted();
        await this.#places.place(temporary, path, options);
        return storedObject(key, await statName(path));
      } finally {
        await removeFile(temporary);
      }
    });
  }

  async #explained<T>(doing: string, operation: () => Promise<T>): Promise<T> {
    try {
      return await operation();
    } catch (error) {
      if (isSystemError(error)) throw explainFileError(error, `${doing} ${this.#folder}`);
      throw error;
    }
  }
}
