import { createHash, randomUUID } from 'node:crypto';
import type { ReceivedBody } from './body.ts';
import { md5Hex } from './checksums.ts';
import { checkConditions, keptOf, metadataOf, newEtag } from './operations-object.ts';
import type { S3HttpRequest, S3HttpResponse } from './request.ts';
import { S3Error } from './s3-error.ts';
import type { S3Bucket, S3Part, S3ServerSettings, S3Upload } from './state.ts';
import { contentsOf, document, element, nested, textsOf } from './xml.ts';

const smallestPart = 5 * 1024 * 1024;

export function createUpload(request: S3HttpRequest, bucket: S3Bucket): S3HttpResponse {
  const id = randomUUID();
  const { key, headers } = request;
  const kept = { metadata: metadataOf(headers), headers: keptOf(headers) };
  bucket.uploads.set(id, { key, begunAt: new Date(), ...kept, parts: new Map() });
  const content = [element('Bucket', request.bucket), element('Key', key), element('UploadId', id)];
  return { status: 200, body: document('InitiateMultipartUploadResult', content.join('')) };
}

export function uploadPart(
  request: S3HttpRequest,
  bucket: S3Bucket,
  { body, checksums }: ReceivedBody,
  { md5Etags }: S3ServerSettings,
): S3HttpResponse {
  const number = Number(request.query.get('partNumber'));
  if (!(number >= 1 && number <= 10_000)) throw new S3Error(400, 'InvalidArgument', 'Part number');
  const part: S3Part = { body, etag: newEtag(body, md5Etags), checksums };
  uploadOf(request, bucket).parts.set(number, part);
  const sha256 = checksums.sha256;
  return {
    status: 200,
    headers: { etag: part.etag, ...(sha256 === undefined ? {} : { 'x-amz-checksum-sha256': sha256 }) },
  };
}

export function completeUpload(
  request: S3HttpRequest,
  bucket: S3Bucket,
  { body }: ReceivedBody,
  settings: S3ServerSettings,
): S3HttpResponse {
  const upload = uploadOf(request, bucket);
  checkConditions(request, bucket, settings);
  const parts = partsOf(upload, body.toString('utf8'));
  const etags = Buffer.concat(parts.map((part) => Buffer.from(part.etag.slice(1, -1), 'hex')));
  const sha256 = compositeSha256(parts);
  const etag = `"${md5Hex(etags)}-${parts.length}"`;
  bucket.objects.set(upload.key, {
    body: Buffer.concat(parts.map((part) => part.body)),
    etag,
    lastModified: new Date(Date.now() + settings.clockOffset),
    metadata: upload.metadata,
    headers: upload.headers,
    checksums: sha256 === undefined ? {} : { sha256 },
    checksumType: 'COMPOSITE',
  });
  bucket.uploads.delete(request.query.get('uploadId') ?? '');
  const content = [element('Key', upload.key), element('ETag', etag), element('ChecksumSHA256', sha256)];
  return { status: 200, body: document('CompleteMultipartUploadResult', content.join('')) };
}

function partsOf(upload: S3Upload, xml: string): S3Part[] {
  const listed = contentsOf(xml, 'Part').map((part) => ({
    number: Number(textsOf(part, 'PartNumber')[0]),
    etag: textsOf(part, 'ETag')[0]?.replaceAll('"', ''),
    sha256: textsOf(part, 'ChecksumSHA256')[0],
  }));
  return listed.map(({ number, etag, sha256 }, at) => {
    const part = upload.parts.get(number);
    const previous = listed[at - 1]?.number ?? 0;
    if (number <= previous) throw new S3Error(400, 'InvalidPartOrder');
    if (part === undefined || part.etag !== `"${etag}"` || part.checksums.sha256 !== sha256) {
      throw new S3Error(400, 'InvalidPart', 'One or more of the specified parts could not be found.');
    }
    if (at < listed.length - 1 && part.body.length < smallestPart) throw new S3Error(400, 'EntityTooSmall');
    return part;
  });
}

function compositeSha256(parts: readonly S3Part[]): string | undefined {
  const digests = parts.map((part) => part.checksums.sha256);
  if (!digests.every((digest) => digest !== undefined)) return undefined;
  const all = Buffer.concat(digests.map((digest) => Buffer.from(digest, 'base64')));
  return `${createHash('sha256').update(all).digest('base64')}-${parts.length}`;
}

export function abortUpload(request: S3HttpRequest, bucket: S3Bucket): S3HttpResponse {
  uploadOf(request, bucket);
  bucket.uploads.delete(request.query.get('uploadId') ?? '');
  return { status: 204 };
}

export function listUploads(
  { query }: S3HttpRequest,
  bucket: S3Bucket,
  { pageSize }: S3ServerSettings,
): S3HttpResponse {
  const prefix = query.get('prefix') ?? '';
  const after = [query.get('key-marker') ?? '', query.get('upload-id-marker') ?? ''] as const;
  const isAfter = (key: string, id: string) => key > after[0] || (key === after[0] && id > after[1]);
  const uploads = [...bucket.uploads]
    .filter(([id, { key }]) => key.startsWith(prefix) && isAfter(key, id))
    .sort(([a, { key: keyA }], [b, { key: keyB }]) =>
      keyA === keyB ? (a < b ? -1 : 1) : keyA < keyB ? -1 : 1,
    );
  const page = uploads.slice(0, pageSize);
  const last = uploads.length > page.length ? page.at(-1) : undefined;
  const content = [
    element('IsTruncated', last !== undefined),
    element('NextKeyMarker', last?.[1].key),
    element('NextUploadIdMarker', last?.[0]),
    ...page.map(([id, { key, begunAt }]) =>
      nested(
        'Upload',
        element('Key', key) + element('UploadId', id) + element('Initiated', begunAt.toISOString()),
      ),
    ),
  ];
  return { status: 200, body: document('ListMultipartUploadsResult', content.join('')) };
}

export function listParts(request: S3HttpRequest, bucket: S3Bucket): S3HttpResponse {
  const parts = [...uploadOf(request, bucket).parts].sort(([a], [b]) => a - b);
  const content = parts.map(([number, part]) =>
    nested(
      'Part',
      element('PartNumber', number) + element('ETag', part.etag) + element('Size', part.body.length),
    ),
  );
  return { status: 200, body: document('ListPartsResult', element('IsTruncated', false) + content.join('')) };
}

function uploadOf(request: S3HttpRequest, bucket: S3Bucket): S3Upload {
  const upload = bucket.uploads.get(request.query.get('uploadId') ?? '');
  if (upload?.key !== request.key)
    throw new S3Error(404, 'NoSuchUpload', 'The specified upload does not exist.');
  return upload;
}
