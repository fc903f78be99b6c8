import { BackupError } from '../../core/errors.ts';
import type { PutOptions, StoredObject } from '../store.ts';
import type { Conditions } from './conditions.ts';
import type { S3Connection } from './connection.ts';
import { checkAbsent, putObject } from './put-object.ts';

/** Bodies up to this size are sent twice to learn from them. */
const mostBytes = 64 * 1024;

/**
 * A conditional put on a store of which nobody knows yet whether it honours conditions: many take `If-None-Match` and
 * overwrite all the same. So it looks first, and puts the same once more, which only a store that honours it refuses.
 */
export async function putAndLearn(
  connection: S3Connection,
  conditions: Conditions,
  key: string,
  body: Uint8Array,
  options: PutOptions,
): Promise<StoredObject> {
  await checkAbsent(connection, key, options.signal);
  const stored = await putObject(connection, conditions, key, body, options);
  if (conditions.supported !== undefined || body.length > mostBytes) return stored;
  try {
    const again = await putObject(connection, conditions, key, body, options);
    conditions.supported = false;
    return again;
  } catch (error) {
    if (!(error instanceof BackupError) || error.code !== 'E_STORE_OBJECT_EXISTS') throw error;
    conditions.supported = true;
    return stored;
  }
}
