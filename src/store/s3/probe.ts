import { randomUUID } from 'node:crypto';
import { BackupError } from '../../core/errors.ts';
import type { StoreCapabilities } from '../store.ts';
import type { S3Connection } from './connection.ts';
import { digestInput } from './check-answer.ts';
import { deleteObjects } from './delete-objects.ts';
import { headObject } from './head-object.ts';
import type { Conditions } from './conditions.ts';
import { putObject } from './put-object.ts';

/**
 * Finds out by trying: many stores accept `If-None-Match` and overwrite all the same. Where deletion is not
 * allowed a few bytes below `probe/` stay behind.
 */
export async function probe(
  connection: S3Connection,
  conditions: Conditions,
  signal?: AbortSignal,
): Promise<StoreCapabilities> {
  const key = `probe/${randomUUID()}`;
  const body = Buffer.from(key);
  const put = { ifAbsent: true, metadata: { probe: 'yes' }, signal };
  const asked: Conditions = { supported: undefined };
  try {
    await putObject(connection, asked, key, body, put);
    const facts = await headObject(connection, key, signal);
    conditions.supported = asked.supported === undefined && (await isRefused(connection, asked, key, body));
    return {
      conditionalPut: conditions.supported,
      checksUploads: await isDamageRefused(connection, key),
      storedSha256: facts?.sha256 !== undefined,
      storedMetadata: facts?.metadata['probe'] === 'yes',
    };
  } finally {
    await removeProbe(connection, key);
  }
}

async function isRefused(
  connection: S3Connection,
  conditions: Conditions,
  key: string,
  body: Uint8Array,
): Promise<boolean> {
  try {
    await putObject(connection, conditions, key, body, { ifAbsent: true });
    return false;
  } catch (error) {
    if (error instanceof BackupError && error.code === 'E_STORE_OBJECT_EXISTS') {
      return conditions.supported === undefined;
    }
    throw error;
  }
}

/** Whether a body is refused that was damaged on the way: signed and sent with its digest, then changed. */
async function isDamageRefused(connection: S3Connection, key: string): Promise<boolean> {
  const objectKey = connection.objectKey(key);
  const Body = Buffer.from(key);
  const damaged = Buffer.from(key.toUpperCase());
  try {
    await connection.send({ operation: 'PutObject', objectKey }, ({ sdk, client, minimal }, options) => {
      const digest = digestInput(Body, minimal);
      const target = { Bucket: connection.bucket, Key: objectKey };
      const command = new sdk.PutObjectCommand({ ...target, Body, ...digest });
      command.middlewareStack.add(
        (next) => async (args) => {
          Object.assign(args.request as object, { body: damaged });
          return next(args);
        },
        { step: 'deserialize', priority: 'high', name: 'damage' },
      );
      return client.send(command, options);
    });
    return false;
  } catch (error) {
    if (error instanceof BackupError && error.code === 'E_STORE_CORRUPT_TRANSFER') return true;
    throw error;
  }
}

async function removeProbe(connection: S3Connection, key: string): Promise<void> {
  try {
    await deleteObjects(connection, [key]);
  } catch (error) {
    if (!(error instanceof BackupError && error.code === 'E_STORE_ACCESS_DENIED')) throw error;
  }
}
