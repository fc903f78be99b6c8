import { randomUUID } from 'node:crypto';
import { checksumNames, checksumOf, md5Hex } from './checksums.ts';
import type { ReceivedBody } from './body.ts';
import type { S3HttpRequest, S3HttpResponse } from './request.ts';
import { S3Error } from './s3-error.ts';
import type { Checksums, S3Bucket, S3Object, S3ServerSettings } from './state.ts';
import { contentsOf, document, element, nested, textsOf } from './xml.ts';

const keptHeaders = [
  'content-type',
  'x-amz-storage-class',
  'x-amz-server-side-encryption',
  'x-amz-server-side-encryption-aws-kms-key-id',
  'x-amz-acl',
  'x-amz-tagging',
];

/** The headers of a put that the object keeps. */
export function keptOf(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => keptHeaders.includes(name)));
}

export function metadataOf(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const own = Object.entries(headers).filter(([name]) => name.startsWith('x-amz-meta-'));
  return Object.fromEntries(own.map(([name, value]) => [name.slice('x-amz-meta-'.length), value]));
}

/** Checks `If-None-Match: *` and `If-Match` of a put. */
export function checkConditions(request: S3HttpRequest, bucket: S3Bucket, settings: S3ServerSettings): void {
  const { 'if-none-match': ifNoneMatch, 'if-match': ifMatch } = request.headers;
  if (ifNoneMatch === undefined && ifMatch === undefined) return;
  if (settings.conditions === 'ignored') return;
  if (settings.conditions === 'refused') {
    throw new S3Error(501, 'NotImplemented', 'A header implies functionality that is not implemented.', {
      elements: { Header: ifMatch === undefined ? 'If-None-Match' : 'If-Match' },
    });
  }
  const present = bucket.objects.get(request.key);
  if (ifNoneMatch === '*' && present !== undefined) throw preconditionFailed('If-None-Match');
  if (ifMatch === undefined) return;
  const isBare = settings.matchedEtags === 'bare';
  if (present === undefined) {
    if (isBare) throw preconditionFailed('If-Match');
    throw new S3Error(404, 'NoSuchKey', 'The specified key does not exist.');
  }
  if (isBare && ifMatch.includes('"')) throw preconditionFailed('If-Match');
  if (present.etag.replaceAll('"', '') !== ifMatch.replaceAll('"', '')) throw preconditionFailed('If-Match');
}

function preconditionFailed(condition: string): S3Error {
  return new S3Error(412, 'PreconditionFailed', 'At least one of the pre-conditions did not hold.', {
    elements: { Condition: condition },
  });
}

export function putObject(
  request: S3HttpRequest,
  bucket: S3Bucket,
  { body, checksums }: ReceivedBody,
  settings: S3ServerSettings,
): S3HttpResponse {
  checkConditions(request, bucket, settings);
  const headers = keptOf(request.headers);
  const isMd5 = settings.md5Etags && headers['x-amz-server-side-encryption'] !== 'aws:kms';
  const object: S3Object = {
    body,
    etag: newEtag(body, isMd5),
    lastModified: new Date(Date.now() + settings.clockOffset),
    metadata: metadataOf(request.headers),
    headers,
    checksums: settings.checksums === 'checked' ? withDefault(checksums, body) : {},
    checksumType: 'FULL_OBJECT',
  };
  bucket.objects.set(request.key, object);
  const { 'content-type': _type, 'x-amz-tagging': _tags, 'x-amz-acl': _acl, ...answered } = headers;
  return { status: 200, headers: { etag: object.etag, ...checksumHeaders(object), ...answered } };
}

/** With its quotes; where it is no MD5, it tells nothing of the body. */
export function newEtag(body: Buffer, isMd5: boolean): string {
  return `"${isMd5 ? md5Hex(body) : `${randomUUID()}-x`}"`;
}

/** Amazon computes a CRC-64 where the client sent no checksum. */
function withDefault(checksums: Checksums, body: Buffer): Checksums {
  if (Object.keys(checksums).length > 0) return checksums;
  return { crc64nvme: checksumOf('crc64nvme', body) };
}

export function checksumHeaders({ checksums, checksumType }: S3Object): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const name of checksumNames) {
    const value = checksums[name];
    if (value !== undefined) headers[`x-amz-checksum-${name}`] = value;
  }
  if (Object.keys(headers).length > 0) headers['x-amz-checksum-type'] = checksumType;
  return headers;
}

/** GetObject and HeadObject. */
export function getObject(request: S3HttpRequest, bucket: S3Bucket): S3HttpResponse {
  const object = bucket.objects.get(request.key);
  if (object === undefined) throw new S3Error(404, 'NoSuchKey', 'The specified key does not exist.');
  const range = rangeOf(request.headers['range'], object.body.length);
  const wantsChecksums = request.headers['x-amz-checksum-mode'] === 'ENABLED' && range === undefined;
  const { 'x-amz-tagging': _tags, 'x-amz-acl': _acl, ...kept } = object.headers;
  const headers = {
    'accept-ranges': 'bytes',
    'content-type': 'binary/octet-stream',
    ...kept,
    etag: object.etag,
    'last-modified': object.lastModified.toUTCString(),
    ...Object.fromEntries(
      Object.entries(object.metadata).map(([name, value]) => [`x-amz-meta-${name}`, value]),
    ),
    ...(wantsChecksums ? checksumHeaders(object) : {}),
  };
  if (range === undefined) return { status: 200, headers, body: object.body };
  const contentRange = `bytes ${range.first}-${range.last}/${object.body.length}`;
  const body = object.body.subarray(range.first, range.last + 1);
  return { status: 206, headers: { ...headers, 'content-range': contentRange }, body };
}

function rangeOf(header: string | undefined, size: number): { first: number; last: number } | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
  if (match === null || (match[1] === '' && match[2] === '')) return undefined;
  const suffix = match[1] === '';
  const first = suffix ? Math.max(0, size - Number(match[2])) : Number(match[1]);
  const last = suffix || match[2] === '' ? size - 1 : Math.min(Number(match[2]), size - 1);
  if (!suffix && match[2] !== '' && Number(match[2]) < first) return undefined;
  if (first >= size) throw new S3Error(416, 'InvalidRange', 'The requested range is not satisfiable');
  return { first, last };
}

const locked = 'Access Denied because object protected by object lock.';

export function deleteObject(request: S3HttpRequest, bucket: S3Bucket): S3HttpResponse {
  if (bucket.locked.has(request.key)) throw new S3Error(403, 'AccessDenied', locked);
  bucket.objects.delete(request.key);
  return { status: 204 };
}

export function deleteObjects(
  request: S3HttpRequest,
  bucket: S3Bucket,
  { body, checksums }: ReceivedBody,
): S3HttpResponse {
  const isChecked = request.headers['content-md5'] !== undefined || Object.keys(checksums).length > 0;
  if (!isChecked)
    throw new S3Error(400, 'InvalidRequest', 'Missing required header for this request: Content-MD5');
  const xml = body.toString('utf8');
  const keys = contentsOf(xml, 'Object').flatMap((object) => textsOf(object, 'Key'));
  if (keys.length === 0 || keys.length > 1000) throw new S3Error(400, 'MalformedXML');
  const refused = keys.filter((key) => bucket.locked.has(key));
  const gone = keys.filter((key) => !bucket.locked.has(key));
  for (const key of gone) bucket.objects.delete(key);
  const errors = refused.map((key) =>
    nested('Error', element('Key', key) + element('Code', 'AccessDenied') + element('Message', locked)),
  );
  const quiet = textsOf(xml, 'Quiet')[0] === 'true';
  const deleted = quiet ? [] : gone.map((key) => nested('Deleted', element('Key', key)));
  return { status: 200, body: document('DeleteResult', [...deleted, ...errors].join('')) };
}
