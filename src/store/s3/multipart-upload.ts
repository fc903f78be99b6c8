import { retry } from '../../core/retry.ts';
import type { PutOptions, StoredObject } from '../store.ts';
import { checkAnswer, digestInput } from './check-answer.ts';
import { conditionInput, learnUnsupported, nameOf, type Conditions } from './conditions.ts';
import type { S3Connection } from './connection.ts';
import { failureOf } from './failure.ts';
import { headObject } from './head-object.ts';
import { objectInput } from './object-input.ts';
import { checkAbsent } from './put-object.ts';
import type { S3Operation } from './failure.ts';

/** How long an upload that failed may take to clean up behind it, in milliseconds. */
const abortWithin = 10_000;

interface Upload {
  readonly connection: S3Connection;
  readonly key: string;
  readonly objectKey: string;
  readonly id: string;
  readonly options: PutOptions;
}

interface Part {
  readonly PartNumber: number;
  readonly ETag?: string;
  readonly ChecksumSHA256?: string;
}

/**
 * Uploads parts as one object, which appears whole when the last step succeeds and not at all otherwise. As the
 * parts can be read once only, it is here and not around the driver that a failed part is sent again.
 */
export async function uploadInParts(
  connection: S3Connection,
  conditions: Conditions,
  key: string,
  parts: AsyncIterable<Uint8Array>,
  options: PutOptions,
): Promise<StoredObject> {
  // Few stores honour a condition on the last step of an upload.
  if (options.ifAbsent === true) await checkAbsent(connection, key, options.signal);
  const upload = await begin(connection, key, options);
  try {
    const sent: Part[] = [];
    let bytes = 0;
    for await (const part of parts) {
      sent.push(await sendPart(upload, sent.length + 1, part));
      bytes += part.length;
    }
    return await complete(upload, sent, bytes, conditions);
  } catch (error) {
    await abort(upload);
    throw error;
  }
}

async function again<T>(
  connection: S3Connection,
  { signal }: PutOptions,
  operation: () => Promise<T>,
): Promise<T> {
  return retry(operation, { ...connection.retry, signal });
}

async function begin(connection: S3Connection, key: string, options: PutOptions): Promise<Upload> {
  const objectKey = connection.objectKey(key);
  const request = { operation: 'CreateMultipartUpload', objectKey, signal: options.signal } as const;
  const answer = await again(connection, options, () =>
    connection.send(request, ({ sdk, client, minimal }, sendOptions) => {
      const command = new sdk.CreateMultipartUploadCommand({
        Bucket: connection.bucket,
        Key: objectKey,
        ...objectInput(connection.options, options),
        ...(minimal ? {} : { ChecksumAlgorithm: 'SHA256' }),
      });
      return client.send(command, sendOptions);
    }),
  );
  return { connection, key, objectKey, id: answer.UploadId ?? '', options };
}

function requestOf({ objectKey, options }: Upload, operation: S3Operation) {
  return { operation, objectKey, signal: options.signal, condition: nameOf(options) };
}

async function sendPart(upload: Upload, PartNumber: number, body: Uint8Array): Promise<Part> {
  const { connection, objectKey, id, options } = upload;
  return again(connection, options, () =>
    connection.send(requestOf(upload, 'UploadPart'), async ({ sdk, client, minimal }, sendOptions) => {
      const digest = digestInput(body, minimal);
      const target = { Bucket: connection.bucket, Key: objectKey, UploadId: id, PartNumber };
      const command = new sdk.UploadPartCommand({ ...target, Body: body, ...digest });
      const answer = await client.send(command, sendOptions);
      checkAnswer(answer, body, digest, objectKey);
      return {
        PartNumber,
        ...(answer.ETag === undefined ? {} : { ETag: answer.ETag }),
        ...(answer.ChecksumSHA256 === undefined ? {} : { ChecksumSHA256: answer.ChecksumSHA256 }),
      };
    }),
  );
}

async function complete(
  upload: Upload,
  parts: Part[],
  bytes: number,
  conditions: Conditions,
): Promise<StoredObject> {
  const { connection, key, objectKey, id, options } = upload;
  const attempt = async (): Promise<StoredObject> => {
    const answer = await connection.send(
      requestOf(upload, 'CompleteMultipartUpload'),
      ({ sdk, client }, sendOptions) => {
        const command = new sdk.CompleteMultipartUploadCommand({
          Bucket: connection.bucket,
          Key: objectKey,
          UploadId: id,
          MultipartUpload: { Parts: parts },
          ...(conditions.supported === false ? {} : conditionInput(options, conditions)),
        });
        return client.send(command, sendOptions);
      },
    );
    return {
      key,
      bytes,
      lastModified: new Date(),
      ...(answer.ETag === undefined ? {} : { etag: answer.ETag }),
    };
  };
  try {
    return await again(connection, options, attempt);
  } catch (error) {
    if (learnUnsupported(conditions, options, error)) return complete(upload, parts, bytes, conditions);
    const done = await findCompleted(upload, error, bytes);
    if (done !== undefined) return done;
    throw error;
  }
}

/** An upload that is gone was completed by a try whose answer was lost: then the object is there. */
async function findCompleted(
  { connection, key, options }: Upload,
  error: unknown,
  bytes: number,
): Promise<StoredObject | undefined> {
  if (failureOf(error)?.name !== 'NoSuchUpload') return undefined;
  const facts = await headObject(connection, key, options.signal);
  return facts?.bytes === bytes ? facts : undefined;
}

/** Parts of an upload that is never ended would cost money unseen. The error on the way out matters more. */
async function abort({ connection, objectKey, id }: Upload): Promise<void> {
  const signal = AbortSignal.timeout(abortWithin);
  const request = { operation: 'AbortMultipartUpload', objectKey, signal } as const;
  await connection
    .send(request, ({ sdk, client }, options) => {
      const target = { Bucket: connection.bucket, Key: objectKey, UploadId: id };
      return client.send(new sdk.AbortMultipartUploadCommand(target), options);
    })
    .catch(() => {});
}
