import type { HeadObjectCommandOutput } from '@aws-sdk/client-s3';
import { BackupError } from '../../core/errors.ts';
import type { ObjectFacts } from '../store.ts';
import type { S3Connection } from './connection.ts';

/** Facts of an object, or undefined where there is none. */
export async function headObject(
  connection: S3Connection,
  key: string,
  signal?: AbortSignal,
): Promise<ObjectFacts | undefined> {
  const objectKey = connection.objectKey(key);
  try {
    return await connection.send(
      { operation: 'HeadObject', objectKey, signal },
      async ({ sdk, client, minimal }, options) => {
        const command = new sdk.HeadObjectCommand({
          Bucket: connection.bucket,
          Key: objectKey,
          ...(minimal ? {} : { ChecksumMode: 'ENABLED' }),
        });
        return factsOf(key, await client.send(command, options));
      },
    );
  } catch (error) {
    if (error instanceof BackupError && error.code === 'E_STORE_OBJECT_MISSING') return undefined;
    throw error;
  }
}

function factsOf(key: string, answer: HeadObjectCommandOutput): ObjectFacts {
  const sha256 = wholeSha256(answer.ChecksumSHA256);
  return {
    key,
    bytes: answer.ContentLength ?? 0,
    lastModified: answer.LastModified ?? new Date(0),
    ...(answer.ETag === undefined ? {} : { etag: answer.ETag }),
    metadata: answer.Metadata ?? {},
    ...(sha256 === undefined ? {} : { sha256 }),
  };
}

/** Hex of a checksum over the whole object; what a multipart upload has (`…-3`) is a checksum of checksums. */
function wholeSha256(checksum: string | undefined): string | undefined {
  if (checksum === undefined || checksum.includes('-')) return undefined;
  return Buffer.from(checksum, 'base64').toString('hex');
}
