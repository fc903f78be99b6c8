import { BackupError } from '../../core/errors.ts';
import { objectExists } from '../store-errors.ts';
import type { PutOptions, StoredObject } from '../store.ts';
import { checkAnswer, digestInput } from './check-answer.ts';
import type { S3Connection } from './connection.ts';
import { deleteObjects } from './delete-objects.ts';
import { failureOf } from './failure.ts';
import { headObject } from './head-object.ts';
import { objectInput } from './object-input.ts';

/** What has been learnt about conditions on this store; undefined until a probe or a refusal tells. */
export interface Conditions {
  supported: boolean | undefined;
}

/** One PutObject of a whole buffer, with its digest and condition. */
export async function putObject(
  connection: S3Connection,
  conditions: Conditions,
  key: string,
  body: Uint8Array,
  options: PutOptions,
): Promise<StoredObject> {
  const ifAbsent = options.ifAbsent === true;
  if (ifAbsent && conditions.supported === false) await checkAbsent(connection, key, options.signal);
  try {
    return await sendPut(connection, conditions, key, body, options);
  } catch (error) {
    if (learnUnsupported(conditions, options, error)) {
      return putObject(connection, conditions, key, body, options);
    }
    // What this very call put under a free key and what is not as sent would stand in the way of the next try.
    const isCorrupt = error instanceof BackupError && error.code === 'E_STORE_CORRUPT_TRANSFER';
    if (isCorrupt && ifAbsent && failureOf(error) === undefined) await deleteObjects(connection, [key]);
    throw error;
  }
}

async function sendPut(
  connection: S3Connection,
  conditions: Conditions,
  key: string,
  body: Uint8Array,
  options: PutOptions,
): Promise<StoredObject> {
  const objectKey = connection.objectKey(key);
  const condition = conditions.supported === false ? {} : conditionInput(options);
  const request = {
    operation: 'PutObject',
    objectKey,
    signal: options.signal,
    condition: nameOf(options),
  } as const;
  return connection.send(request, async ({ sdk, client, minimal }, sendOptions) => {
    const digest = digestInput(body, minimal);
    const command = new sdk.PutObjectCommand({
      Bucket: connection.bucket,
      Key: objectKey,
      Body: body,
      ...digest,
      ...objectInput(connection.options, options),
      ...condition,
    });
    const answer = await client.send(command, sendOptions);
    checkAnswer(answer, body, digest, objectKey);
    const etag = answer.ETag;
    return { key, bytes: body.length, lastModified: new Date(), ...(etag === undefined ? {} : { etag }) };
  });
}

/** Where the store cannot tell atomically, a look has to do: never to overwrite knowingly (law 5). */
export async function checkAbsent(
  connection: S3Connection,
  key: string,
  signal?: AbortSignal,
): Promise<void> {
  if ((await headObject(connection, key, signal)) !== undefined)
    throw objectExists(connection.objectKey(key));
}

export function conditionInput(options: PutOptions): { IfNoneMatch?: string; IfMatch?: string } {
  if (options.ifAbsent === true) return { IfNoneMatch: '*' };
  return options.ifMatch === undefined ? {} : { IfMatch: options.ifMatch };
}

export function nameOf(options: PutOptions): 'ifAbsent' | 'ifMatch' | undefined {
  if (options.ifAbsent === true) return 'ifAbsent';
  return options.ifMatch === undefined ? undefined : 'ifMatch';
}

/** Some stores do not ignore a condition they do not know but refuse the request: notes it, and tells whether. */
export function learnUnsupported(conditions: Conditions, options: PutOptions, error: unknown): boolean {
  const failure = failureOf(error);
  const isUnknown = failure?.status === 501 || failure?.name === 'NotImplemented';
  if (!isUnknown || conditions.supported === false || nameOf(options) === undefined) return false;
  conditions.supported = false;
  return true;
}
