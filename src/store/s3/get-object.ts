import { hash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { GetObjectCommandOutput } from '@aws-sdk/client-s3';
import { BackupError, messageOf } from '../../core/errors.ts';
import type { ByteRange } from '../byte-range.ts';
import type { GetOptions } from '../store.ts';
import { corruptTransfer, md5OfEtag } from './check-answer.ts';
import type { S3Connection } from './connection.ts';
import { failureOf, isChecksumMismatch, S3Failure, type S3Operation } from './failure.ts';

/** What one buffer may hold. */
const largestWhole = 2 ** 31;

interface Opened {
  readonly answer: GetObjectCommandOutput;
  readonly body: Readable;
}

/** The whole object, or a range of it, compared with the checksum or MD5 the store has of it. */
export async function getObject(
  connection: S3Connection,
  key: string,
  options: GetOptions,
): Promise<Uint8Array> {
  const objectKey = connection.objectKey(key);
  const { most = Infinity } = options;
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  let whole: GetObjectCommandOutput | undefined;
  for await (const { answer, piece } of receive(connection, objectKey, options)) {
    if ((answer.ContentLength ?? 0) > largestWhole && most > largestWhole) {
      throw new BackupError('E_STORE_FAILED', `${objectKey} is too large to be read at once.`);
    }
    whole = options.range === undefined ? answer : undefined;
    pieces.push(piece);
    bytes += piece.length;
    // The rest is not asked for, and a part has no checksum.
    if (bytes > most) return Buffer.concat(pieces).subarray(0, most + 1);
  }
  const body = join(pieces, bytes, options.into);
  const md5 = whole?.ChecksumSHA256 === undefined ? md5OfEtag(whole ?? {}) : undefined;
  if (md5 !== undefined && md5 !== hash('md5', body, 'hex')) throw corruptTransfer(objectKey, 'MD5');
  return body;
}

function join(pieces: readonly Uint8Array[], bytes: number, into: GetOptions['into']): Uint8Array {
  const [first] = pieces;
  if (first && pieces.length === 1) return first;
  if (!into) return Buffer.concat(pieces);
  const body = into(bytes);
  let at = 0;
  for (const piece of pieces) {
    body.set(piece, at);
    at += piece.length;
  }
  return body;
}

/** As `getObject`, piece by piece; only a checksum that the store has is compared, at the end. */
export async function* streamObject(
  connection: S3Connection,
  key: string,
  options: GetOptions,
): AsyncIterable<Uint8Array> {
  for await (const { piece } of receive(connection, connection.objectKey(key), options)) yield piece;
}

async function* receive(
  connection: S3Connection,
  objectKey: string,
  options: GetOptions,
): AsyncIterable<{ readonly answer: GetObjectCommandOutput; readonly piece: Uint8Array }> {
  const opened = await open(connection, objectKey, options);
  if (opened === undefined) return;
  const { answer, body } = opened;
  let received = 0;
  const pieces = body[Symbol.asyncIterator]();
  try {
    for (;;) {
      const request = { ...requestOf(objectKey), signal: options.signal };
      const step: IteratorResult<Uint8Array> = await connection.send(request, () => nextPiece(pieces));
      if (step.done === true) break;
      received += step.value.length;
      yield { answer, piece: step.value };
    }
  } finally {
    body.destroy();
  }
  if (answer.ContentLength !== undefined && answer.ContentLength !== received) {
    throw corruptTransfer(objectKey, 'length');
  }
}

/** Whatever ends a body early is a broken connection, also where the SDK gives it no code. */
async function nextPiece(pieces: AsyncIterator<Uint8Array>): Promise<IteratorResult<Uint8Array>> {
  try {
    return await pieces.next();
  } catch (error) {
    if (isChecksumMismatch(messageOf(error))) throw error;
    throw Object.assign(new Error(messageOf(error)), { code: 'ERR_STREAM_PREMATURE_CLOSE' });
  }
}

function requestOf(objectKey: string): { operation: S3Operation; objectKey: string } {
  return { operation: 'GetObject', objectKey };
}

/** Undefined where the range begins at or after the end. */
async function open(
  connection: S3Connection,
  objectKey: string,
  { range, signal }: GetOptions,
): Promise<Opened | undefined> {
  try {
    return await connection.send({ ...requestOf(objectKey), signal }, async ({ sdk, client }, options) => {
      const command = new sdk.GetObjectCommand({
        Bucket: connection.bucket,
        Key: objectKey,
        ...(range === undefined ? {} : { Range: rangeHeader(range) }),
      });
      const answer = await client.send(command, options);
      return { answer, body: bodyOf(answer, objectKey, range) };
    });
  } catch (error) {
    if (failureOf(error)?.status === 416) return undefined;
    throw error;
  }
}

function rangeHeader({ first, length }: ByteRange): string {
  return `bytes=${first}-${first + length - 1}`;
}

function bodyOf(answer: GetObjectCommandOutput, objectKey: string, range: ByteRange | undefined): Readable {
  const body = answer.Body;
  if (!(body instanceof Readable)) throw new S3Failure(new Error(`${objectKey} came without a body`));
  if (range === undefined || answer.ContentRange !== undefined) return body;
  body.destroy();
  throw new BackupError(
    'E_STORE_FAILED',
    `The store ignores byte ranges: it sent the whole of ${objectKey}.`,
  );
}
