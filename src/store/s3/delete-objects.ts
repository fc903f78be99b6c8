import type { S3Connection } from './connection.ts';

/** What one DeleteObjects takes. */
const batchSize = 1000;

/** Single deletions in progress on stores where there is no other way. */
const atATime = 8;

/** Deletes objects; a missing one is no error. */
export async function deleteObjects(
  connection: S3Connection,
  keys: readonly string[],
  signal?: AbortSignal,
): Promise<void> {
  const objectKeys = keys.map((key) => connection.objectKey(key));
  for (let at = 0; at < objectKeys.length; at += batchSize) {
    await deleteBatch(connection, objectKeys.slice(at, at + batchSize), signal);
  }
}

/** The first key stands for all in an error: they differ in name only. */
async function deleteBatch(
  connection: S3Connection,
  objectKeys: readonly string[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const request = { operation: 'DeleteObject', objectKey: objectKeys[0], signal } as const;
  const single = await connection.send(request, async ({ sdk, client, minimal }, options) => {
    // DeleteObjects demands a checksum of the kind such a store does not know.
    if (minimal || objectKeys.length === 1) return true;
    const command = new sdk.DeleteObjectsCommand({
      Bucket: connection.bucket,
      Delete: { Objects: objectKeys.map((Key) => ({ Key })), Quiet: true },
    });
    const answer = await client.send(command, options);
    const failed = answer.Errors?.find(({ Code }) => Code !== 'NoSuchKey');
    if (failed !== undefined) throw namedError(failed.Code, failed.Message);
    return false;
  });
  if (single) await deleteSingly(connection, objectKeys, signal);
}

/** The errors within a successful answer have names only, and mean what those of a refused request mean. */
function namedError(name = 'UnknownError', message = ''): Error {
  const httpStatusCode = name === 'InternalError' || name === 'SlowDown' ? 503 : 400;
  return Object.assign(new Error(message), { name, $metadata: { httpStatusCode } });
}

async function deleteSingly(
  connection: S3Connection,
  objectKeys: readonly string[],
  signal: AbortSignal | undefined,
): Promise<void> {
  for (let at = 0; at < objectKeys.length; at += atATime) {
    const some = objectKeys.slice(at, at + atATime);
    await Promise.all(some.map((objectKey) => deleteOne(connection, objectKey, signal)));
  }
}

async function deleteOne(
  connection: S3Connection,
  objectKey: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  await connection.send({ operation: 'DeleteObject', objectKey, signal }, ({ sdk, client }, options) =>
    client.send(new sdk.DeleteObjectCommand({ Bucket: connection.bucket, Key: objectKey }), options),
  );
}
