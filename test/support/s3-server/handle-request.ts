import { receiveBody } from './body.ts';
import { checksumNames, checksumOf } from './checksums.ts';
import { createBucket, listObjects, objectLock, versioning } from './operations-bucket.ts';
import {
  abortUpload,
  completeUpload,
  createUpload,
  listParts,
  listUploads,
  uploadPart,
} from './operations-multipart.ts';
import { deleteObject, deleteObjects, getObject, putObject } from './operations-object.ts';
import type { S3HttpRequest, S3HttpResponse } from './request.ts';
import { S3Error } from './s3-error.ts';
import { checkSignature } from './signature.ts';
import type { Checksums, S3Bucket, S3ServerSettings } from './state.ts';
import { document, element } from './xml.ts';

export interface Backend {
  settings: S3ServerSettings;
  readonly buckets: Map<string, S3Bucket>;
  /** Operations that are answered with AccessDenied. */
  readonly denied: ReadonlySet<string>;
}

/** Carries out a request whose body is there; `alter` may change the body behind all checks. */
export function handleRequest(
  backend: Backend,
  operation: string | undefined,
  request: S3HttpRequest,
  raw: Buffer,
  alter: (body: Buffer) => Buffer,
): S3HttpResponse {
  const { settings, buckets, denied } = backend;
  const signed = checkSignature(request, settings, Date.now() + settings.clockOffset);
  if (operation === undefined) throw new S3Error(405, 'MethodNotAllowed');
  if (denied.has(operation)) throw new S3Error(403, 'AccessDenied', 'Access Denied');
  const received = receiveBody(request, raw, signed, settings);
  const body = alter(received.body);
  const given =
    body === received.body ? received : { body, checksums: sameChecksums(received.checksums, body) };
  if (operation === 'CreateBucket') return createBucket(request, buckets, given, settings);
  const bucket = buckets.get(request.bucket);
  if (bucket === undefined) throw new S3Error(404, 'NoSuchBucket', 'The specified bucket does not exist');
  checkRegion(bucket, signed.region);
  switch (operation) {
    case 'HeadBucket':
      return { status: 200, headers: { 'x-amz-bucket-region': bucket.region } };
    case 'GetBucketVersioning':
      return versioning(settings);
    case 'GetObjectLockConfiguration':
      return objectLock(settings);
    case 'ListObjectsV2':
      return listObjects(request, bucket, settings);
    case 'PutObject':
      return putObject(request, bucket, given, settings);
    case 'GetObject':
    case 'HeadObject':
      return getObject(request, bucket);
    case 'DeleteObject':
      return deleteObject(request, bucket);
    case 'DeleteObjects':
      return deleteObjects(request, bucket, given);
    case 'CreateMultipartUpload':
      return createUpload(request, bucket);
    case 'UploadPart':
      return uploadPart(request, bucket, given, settings);
    case 'CompleteMultipartUpload':
      return completeUpload(request, bucket, given, settings);
    case 'AbortMultipartUpload':
      return abortUpload(request, bucket);
    case 'ListMultipartUploads':
      return listUploads(request, bucket, settings);
    case 'ListParts':
      return listParts(request, bucket);
    default:
      throw new S3Error(501, 'NotImplemented');
  }
}

/** Of other bytes, what was sent of the first. */
function sameChecksums(sent: Checksums, body: Buffer): Checksums {
  const names = checksumNames.filter((name) => sent[name] !== undefined);
  return Object.fromEntries(names.map((name) => [name, checksumOf(name, body)]));
}

function checkRegion(bucket: S3Bucket, signedFor: string): void {
  if (bucket.region === signedFor) return;
  throw new S3Error(301, 'PermanentRedirect', 'The bucket must be addressed using the specified endpoint.', {
    headers: { 'x-amz-bucket-region': bucket.region },
  });
}

/** The answer that a refusal becomes. */
export function errorResponse(error: unknown, settings: S3ServerSettings): S3HttpResponse {
  if (!(error instanceof S3Error)) throw error;
  const elements = Object.entries(error.elements).map(([name, value]) => element(name, value));
  const message = settings.errorMessages ? element('Message', error.message) : '';
  const body = document('Error', element('Code', error.code) + message + elements.join(''));
  return { status: error.status, headers: { ...error.headers, 'content-type': 'application/xml' }, body };
}
