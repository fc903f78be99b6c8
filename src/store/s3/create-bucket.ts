import type { BucketLocationConstraint } from '@aws-sdk/client-s3';
import { BackupError } from '../../core/errors.ts';
import type { S3Connection } from './connection.ts';
import { failureOf } from './failure.ts';
import { listPage } from './list-objects.ts';

/**
 * Makes sure that there is a bucket. A listing asks, and not HeadBucket: its refusal has a body that tells wrong
 * credentials from a missing permission, and it is what the run will need in any case.
 */
export async function ensureBucket(connection: S3Connection, signal?: AbortSignal): Promise<void> {
  try {
    await listPage(connection, '', { signal }, undefined, 1);
  } catch (error) {
    if (!(error instanceof BackupError) || error.code !== 'E_STORE_BUCKET') throw error;
    await createBucket(connection, signal);
  }
}

async function createBucket(connection: S3Connection, signal?: AbortSignal): Promise<void> {
  try {
    await connection.send({ operation: 'CreateBucket', signal }, ({ sdk, client, region }, options) => {
      const LocationConstraint = region as BucketLocationConstraint;
      const elsewhere = region === 'us-east-1' ? {} : { CreateBucketConfiguration: { LocationConstraint } };
      return client.send(new sdk.CreateBucketCommand({ Bucket: connection.bucket, ...elsewhere }), options);
    });
  } catch (error) {
    // Another run was quicker, or the answer to our own first try was lost.
    if (failureOf(error)?.name !== 'BucketAlreadyOwnedByYou') throw error;
  }
}
