import { BackupError } from '../../core/errors.ts';
import { objectExists, objectMissing } from '../store-errors.ts';
import type { PutOptions, StoredObject } from '../store.ts';
import { checkAnswer, digestInput } from './check-answer.ts';
import type { S3Connection } from './connection.ts';
import { conditionInput, learnUnsupported, nameOf, type Conditions } from './conditions.ts';
import { deleteObjects } from './delete-objects.ts';
import { failureOf } from './failure.ts';
import { headObject } from './head-object.ts';
import { objectInput } from './object-input.ts';

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
    const isLearnt =
      learnUnsupported(conditions, options, error) ||
      (await learnBareEtags(connection, conditions, key, options, error));
    if (isLearnt) return putObject(connection, conditions, key, body, options);
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
  const condition = conditions.supported === false ? {} : conditionInput(options, conditions);
  const request = {
    operation: 'PutObject',
    objectKey,
    signal: options.signal,
    condition: nameOf(options),
  } as const;
  return connection.send(request, async ({ sdk, client, minimal }, sendOptions) => {
    const digest = digestInput(body, minimal, options.sha256);
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

/**
 * Looks where `If-Match` was refused: whether the object has that entity tag all the same. Notes it, and tells whether.
 * @throws BackupError E_STORE_OBJECT_MISSING where there is no object, which some stores answer like another tag
 */
async function learnBareEtags(
  connection: S3Connection,
  conditions: Conditions,
  key: string,
  { ifMatch, signal }: PutOptions,
  error: unknown,
): Promise<boolean> {
  if (ifMatch === undefined || failureOf(error)?.status !== 412) return false;
  const facts = await headObject(connection, key, signal);
  if (facts === undefined) throw objectMissing(connection.objectKey(key), error);
  if (conditions.bareEtags === true || facts.etag !== ifMatch) return false;
  conditions.bareEtags = true;
  return true;
}
