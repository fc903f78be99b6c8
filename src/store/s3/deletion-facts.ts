import { BackupError } from '../../core/errors.ts';
import type { DeletionFacts } from '../store.ts';
import type { S3Connection } from './connection.ts';
import { failureOf } from './failure.ts';

/** Whether the bucket keeps versions, and locks them. A store that does not know the question has neither. */
export async function readDeletionFacts(
  connection: S3Connection,
  signal?: AbortSignal,
): Promise<DeletionFacts> {
  const { bucket: Bucket } = connection;
  const versioning = await told(() =>
    connection.send({ operation: 'GetBucketVersioning', signal }, ({ sdk, client }, options) =>
      client.send(new sdk.GetBucketVersioningCommand({ Bucket }), options),
    ),
  );
  const lock = await told(() =>
    connection.send({ operation: 'GetObjectLockConfiguration', signal }, ({ sdk, client }, options) =>
      client.send(new sdk.GetObjectLockConfigurationCommand({ Bucket }), options),
    ),
  );
  const status = versioning && versioning.Status;
  return {
    keepsVersions: versioning && (status === 'Enabled' || status === 'Suspended'),
    objectLock: lock && lock.ObjectLockConfiguration?.ObjectLockEnabled === 'Enabled',
  };
}

/** Undefined where the credentials may not ask. */
async function told<T extends object>(ask: () => Promise<T>): Promise<Partial<T> | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof BackupError)) throw error;
    if (error.code === 'E_STORE_ACCESS_DENIED') return undefined;
    const status = failureOf(error)?.status ?? 0;
    // ObjectLockConfigurationNotFoundError, NotImplemented, MethodNotAllowed: there is no such thing.
    if ((status >= 400 && status < 500) || status === 501) return {};
    throw error;
  }
}
