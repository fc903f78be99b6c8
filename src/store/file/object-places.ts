import { dirname, join } from 'node:path';
import { SharedWork } from '../../core/shared-work.ts';
import { objectChanged, objectExists, objectMissing } from '../store-errors.ts';
import type { PutOptions } from '../store.ts';
import { statName } from './file-calls.ts';
import { makeFolder, syncFolder } from './make-folder.ts';
import { isMissing } from './map-error.ts';
import { checkInside } from './paths.ts';
import { placeFile, placeNewFile } from './place-file.ts';
import { storedObject } from './stored-object.ts';

type Condition = Pick<PutOptions, 'ifAbsent' | 'ifMatch'>;

/** Gives finished files their names in a store's folders. Puts that go on at the same time share what they do to a folder. */
export class ObjectPlaces {
  /** Folders that are durable as far as this object knows: each is made once, and again when it turns out to be gone. */
  readonly #made = new Set<string>();
  readonly #ready: SharedWork;
  readonly #synced = new SharedWork(syncFolder);

  constructor(root: string) {
    this.#ready = new SharedWork(async (folder) => {
      await checkInside(root, join(folder, 'any'));
      if (this.#made.has(folder)) return;
      await makeFolder(folder);
      this.#made.add(folder);
    });
  }

  /** The temporary file is whole and durable; when this resolves, so is its name, and the temporary one may be left. */
  async place(temporary: string, path: string, condition: Condition): Promise<void> {
    const folder = dirname(path);
    await this.#ready.run(folder);
    try {
      await placeObject(temporary, path, condition);
    } catch (error) {
      if (!isMissing(error) || !this.#made.delete(folder)) throw error;
      await this.#ready.run(folder);
      await placeObject(temporary, path, condition);
    }
    await this.#synced.run(folder);
  }
}

async function placeObject(temporary: string, path: string, { ifAbsent, ifMatch }: Condition): Promise<void> {
  if (ifAbsent === true) {
    if (!(await placeNewFile(temporary, path))) throw objectExists(path);
    return;
  }
  if (ifMatch !== undefined) await checkUnchanged(path, ifMatch);
  await placeFile(temporary, path);
}

/** Look and rename are two steps: a change just between them is not seen. */
async function checkUnchanged(path: string, etag: string): Promise<void> {
  try {
    const present = storedObject('', await statName(path));
    if (present.etag !== etag) throw objectChanged(path);
  } catch (error) {
    if (isMissing(error)) throw objectMissing(path, error);
    throw error;
  }
}
