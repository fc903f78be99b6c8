import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BackupError, codeOf, messageOf } from '../core/errors.ts';
import { stamp } from '../format/keys.ts';

/**
 * Makes the one folder that a demo leaves behind, `demo-YYYYMMDD-HHMMSS` (UTC): in the working folder, or among the
 * temporary files where that cannot be written.
 *
 * @throws BackupError `E_OUTPUT`
 */
export async function makeDemoFolder(parent: string, startedAt: Date): Promise<string> {
  const name = `demo-${stamp(startedAt).replace('_', '-')}`;
  try {
    return await makeNew(parent, name);
  } catch {
    const folder = tmpdir();
    return makeNew(folder, name).catch((cause: unknown) => {
      const message = `neither ${parent} nor ${folder} takes the demo's folder: ${messageOf(cause)}`;
      throw new BackupError('E_OUTPUT', message, { cause, hint: 'Run it in a folder that you can write.' });
    });
  }
}

/** Two demos may start in the same second. */
async function makeNew(parent: string, name: string): Promise<string> {
  for (let number = 1; ; number += 1) {
    const folder = join(parent, number === 1 ? name : `${name}-${number}`);
    try {
      await mkdir(folder);
      return folder;
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
    }
  }
}
