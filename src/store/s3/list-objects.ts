import type { ListObjectsV2CommandOutput, _Object } from '@aws-sdk/client-s3';
import { BackupError } from '../../core/errors.ts';
import { isObjectKey } from '../object-key.ts';
import type { ListOptions, StoredObject } from '../store.ts';
import type { S3Connection } from './connection.ts';

/**
 * The objects below the store's prefix whose key starts with `prefix`, page by page. A listing carries no checksum: a page with a
 * key that was not asked for is not believed, lest one whose key changed on its way be passed over.
 */
export async function* listObjects(
  connection: S3Connection,
  prefix: string,
  options: ListOptions,
): AsyncIterable<StoredObject> {
  let token: string | undefined;
  do {
    const page = await listPage(connection, prefix, options, token);
    const foreign = page.Contents?.find(({ Key = '' }) => !Key.startsWith(connection.objectKey(prefix)));
    if (foreign) throw foreignKey(connection, prefix, foreign.Key);
    for (const entry of page.Contents ?? []) {
      const object = storedObject(connection, entry);
      if (object !== undefined) yield object;
    }
    const next = page.IsTruncated === true ? page.NextContinuationToken : undefined;
    if (next !== undefined && next === token) throw repeatedPage(connection, prefix);
    token = next;
  } while (token !== undefined);
}

/** Going on would never end. */
function repeatedPage(connection: S3Connection, prefix: string): BackupError {
  const message = `The store repeats a page of the listing of ${placeOf(connection, prefix)}.`;
  return new BackupError('E_STORE_FAILED', message);
}

function foreignKey(connection: S3Connection, prefix: string, key = ''): BackupError {
  const message = `The store lists ${JSON.stringify(key)} below ${placeOf(connection, prefix)}.`;
  return new BackupError('E_STORE_FAILED', message, { retryable: true });
}

function placeOf(connection: S3Connection, prefix: string): string {
  return `s3://${connection.bucket}/${connection.objectKey(prefix)}`;
}

/** One page; at most `pageSize` objects where that is given. */
export async function listPage(
  connection: S3Connection,
  prefix: string,
  options: ListOptions,
  token?: string,
  pageSize?: number,
): Promise<ListObjectsV2CommandOutput> {
  const objectKey = connection.objectKey(prefix);
  const request = { operation: 'ListObjectsV2', objectKey, signal: options.signal } as const;
  return connection.send(request, ({ sdk, client }, sendOptions) => {
    const command = new sdk.ListObjectsV2Command({
      Bucket: connection.bucket,
      Prefix: objectKey,
      ContinuationToken: token,
      StartAfter: options.startAfter === undefined ? undefined : connection.objectKey(options.startAfter),
      MaxKeys: pageSize,
    });
    return client.send(command, sendOptions);
  });
}

function storedObject(connection: S3Connection, entry: _Object): StoredObject | undefined {
  const key = connection.keyOf(entry.Key ?? '');
  if (key === undefined || !isObjectKey(key)) return undefined;
  return {
    key,
    bytes: entry.Size ?? 0,
    lastModified: entry.LastModified ?? new Date(0),
    ...(entry.ETag === undefined ? {} : { etag: entry.ETag }),
  };
}
