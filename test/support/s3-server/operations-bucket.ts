import type { ReceivedBody } from './body.ts';
import type { S3HttpRequest, S3HttpResponse } from './request.ts';
import { S3Error } from './s3-error.ts';
import { newBucket, type S3Bucket, type S3Object, type S3ServerSettings } from './state.ts';
import { document, element, nested, textsOf } from './xml.ts';

export function createBucket(
  request: S3HttpRequest,
  buckets: Map<string, S3Bucket>,
  { body }: ReceivedBody,
  settings: S3ServerSettings,
): S3HttpResponse {
  if (settings.foreignBuckets.includes(request.bucket)) {
    throw new S3Error(409, 'BucketAlreadyExists', 'The requested bucket name is not available.');
  }
  if (buckets.has(request.bucket)) throw new S3Error(409, 'BucketAlreadyOwnedByYou');
  const region = textsOf(body.toString('utf8'), 'LocationConstraint')[0];
  if (region === 'us-east-1') throw new S3Error(400, 'InvalidLocationConstraint');
  buckets.set(request.bucket, newBucket(region ?? settings.region));
  return { status: 200, headers: { location: `/${request.bucket}` } };
}

export function versioning(settings: S3ServerSettings): S3HttpResponse {
  if (settings.versioning === 'unknown') throw new S3Error(501, 'NotImplemented');
  const status = settings.versioning === 'none' ? undefined : element('Status', 'Enabled');
  return { status: 200, body: document('VersioningConfiguration', status ?? '') };
}

export function objectLock(settings: S3ServerSettings): S3HttpResponse {
  if (settings.versioning === 'unknown') throw new S3Error(501, 'NotImplemented');
  if (settings.versioning !== 'locked') throw new S3Error(404, 'ObjectLockConfigurationNotFoundError');
  return {
    status: 200,
    body: document('ObjectLockConfiguration', element('ObjectLockEnabled', 'Enabled')),
  };
}

export function listObjects(
  request: S3HttpRequest,
  bucket: S3Bucket,
  settings: S3ServerSettings,
): S3HttpResponse {
  const { query } = request;
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const token = settings.continuationTokens === 'known' ? query.get('continuation-token') : null;
  const after = token === null ? (query.get('start-after') ?? '') : decodeToken(token);
  const pageSize = Math.min(Number(query.get('max-keys') ?? settings.pageSize), settings.pageSize);
  const entries = entriesOf(bucket, prefix, delimiter).filter(([name]) => isAfter(name, after, delimiter));
  const page = entries.slice(0, pageSize);
  const last = page.at(-1)?.[0];
  const isTruncated = entries.length > page.length && last !== undefined;
  const isEncoded = query.get('encoding-type') === 'url';
  const encode = isEncoded ? encodeURIComponent : (text: string) => text;
  const content = [
    element('Name', request.bucket),
    element('Prefix', encode(prefix)),
    element('EncodingType', isEncoded ? 'url' : undefined),
    element('KeyCount', page.length),
    element('MaxKeys', pageSize),
    element('IsTruncated', isTruncated),
    element('NextContinuationToken', isTruncated ? encodeToken(last) : undefined),
    ...page.map(([name, object]) => entry(encode(name), object)),
  ];
  return { status: 200, body: document('ListBucketResult', content.join('')) };
}

type Entry = readonly [name: string, object: S3Object | undefined];

/** Objects, and with a delimiter the common prefixes in place of what lies behind one, in byte order. */
function entriesOf(bucket: S3Bucket, prefix: string, delimiter: string): Entry[] {
  const entries = new Map<string, S3Object | undefined>();
  for (const [key, object] of bucket.objects) {
    if (!key.startsWith(prefix)) continue;
    const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    if (end < 0) entries.set(key, object);
    else entries.set(key.slice(0, end + delimiter.length), undefined);
  }
  return [...entries].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

function isAfter(name: string, after: string, delimiter: string): boolean {
  if (delimiter !== '' && name.endsWith(delimiter) && after.startsWith(name)) return false;
  return Buffer.compare(Buffer.from(name), Buffer.from(after)) > 0;
}

function entry(name: string, object: S3Object | undefined): string {
  if (object === undefined) return nested('CommonPrefixes', element('Prefix', name));
  return nested(
    'Contents',
    [
      element('Key', name),
      element('LastModified', object.lastModified.toISOString()),
      element('ETag', object.etag),
      element('Size', object.body.length),
      element('StorageClass', object.headers['x-amz-storage-class'] ?? 'STANDARD'),
    ].join(''),
  );
}

function encodeToken(key: string): string {
  return Buffer.from(key).toString('base64');
}

function decodeToken(token: string): string {
  return Buffer.from(token, 'base64').toString();
}
