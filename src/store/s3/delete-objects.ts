import { BackupError } from '../../core/errors.ts';
import type { RefusedDeletion } from '../store.ts';
import type { S3Connection, S3Request } from './connection.ts';

/** What one DeleteObjects takes. */
const batchSize = 1000;

/** Single deletions in progress on stores where there is no other way. */
const atATime = 8;

/** Deletes objects; a missing one is no error, and one that the store refuses to delete is returned. */
export async function deleteObjects(
  connection: S3Connection,
  keys: readonly string[],
  signal?: AbortSignal,
): Promise<RefusedDeletion[]> {
  const refused: RefusedDeletion[] = [];
  for (let at = 0; at < keys.length; at += batchSize) {
    refused.push(...(await deleteBatch(connection, keys.slice(at, at + batchSize), signal)));
  }
  return refused;
}

async function deleteBatch(
  connection: S3Connection,
  keys: readonly string[],
  signal: AbortSignal | undefined,
): Promise<RefusedDeletion[]> {
  const objectKeys = keys.map((key) => connection.objectKey(key));
  const request = { operation: 'DeleteObject', objectKey: objectKeys[0], signal } as const;
  const refused = await connection.send(request, async ({ sdk, client, minimal }, options) => {
    // DeleteObjects demands a checksum of the kind such a store does not know.
    if (minimal || objectKeys.length === 1) return undefined;
    const command = new sdk.DeleteObjectsCommand({
      Bucket: connection.bucket,
      Delete: { Objects: objectKeys.map((Key) => ({ Key })), Quiet: true },
    });
    const answer = await client.send(command, options);
    return (answer.Errors ?? []).filter(({ Code }) => Code !== 'NoSuchKey');
  });
  if (!refused) return deleteSingly(connection, keys, signal);
  const explained = refused.map(async ({ Key = '', Code, Message }): Promise<RefusedDeletion> => {
    const failed = connection.send({ ...request, objectKey: Key }, () =>
      Promise.reject(namedError(Code, Message)),
    );
    return { key: connection.keyOf(Key) ?? Key, error: await failed.catch(refusal) };
  });
  return Promise.all(explained);
}

/** The errors within a successful answer have names only, and mean what those of a refused request mean. */
function namedError(name = 'UnknownError', message = ''): Error {
  const statuses: Readonly<Record<string, number>> = { InternalError: 503, SlowDown: 503, AccessDenied: 403 };
  return Object.assign(new Error(message), { name, $metadata: { httpStatusCode: statuses[name] ?? 400 } });
}

async function deleteSingly(
  connection: S3Connection,
  keys: readonly string[],
  signal: AbortSignal | undefined,
): Promise<RefusedDeletion[]> {
  const refused: RefusedDeletion[] = [];
  for (let at = 0; at < keys.length; at += atATime) {
    const some = keys.slice(at, at + atATime);
    const errors = await Promise.all(some.map((key) => deleteOne(connection, key, signal)));
    refused.push(...errors.filter((error) => error !== undefined));
  }
  return refused;
}

async function deleteOne(
  connection: S3Connection,
  key: string,
  signal: AbortSignal | undefined,
): Promise<RefusedDeletion | undefined> {
  const objectKey = connection.objectKey(key);
  const request: S3Request = { operation: 'DeleteObject', objectKey, signal };
  try {
    await connection.send(request, ({ sdk, client }, options) =>
      client.send(new sdk.DeleteObjectCommand({ Bucket: connection.bucket, Key: objectKey }), options),
    );
    return undefined;
  } catch (error) {
    signal?.throwIfAborted();
    return { key, error: refusal(error) };
  }
}

/** The store's word that it keeps this object; whatever else went wrong is no answer, and is thrown. */
function refusal(error: unknown): BackupError {
  if (error instanceof BackupError && keeping.has(error.code)) return error;
  throw error;
}

/** Under Object Lock stores answer AccessDenied, or a name of their own with a status of 4xx. */
const keeping: ReadonlySet<string> = new Set(['E_STORE_ACCESS_DENIED', 'E_STORE_FAILED']);
