import type { IncomingMessage } from 'node:http';

/** A request taken apart; `body` is what the client meant, without aws-chunked framing. */
export interface S3HttpRequest {
  readonly method: string;
  /** As sent: escaped. */
  readonly rawPath: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string>>;
  readonly bucket: string;
  readonly key: string;
}

export interface S3HttpResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
}

export function parseRequest(incoming: IncomingMessage): S3HttpRequest {
  const [rawPath = '/', search = ''] = (incoming.url ?? '/').split('?');
  const [bucket = '', ...rest] = rawPath.slice(1).split('/');
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(',') : value;
  }
  return {
    method: incoming.method ?? 'GET',
    rawPath,
    query: new URLSearchParams(search),
    headers,
    bucket: decodeURIComponent(bucket),
    key: decodeURIComponent(rest.join('/')),
  };
}

/** The S3 operation a request asks for; undefined when this server knows none of that form. */
export function operationOf({ method, bucket, key, query }: S3HttpRequest): string | undefined {
  if (bucket === '') return method === 'GET' ? 'ListBuckets' : undefined;
  if (key === '') return bucketOperation(method, query);
  if (query.has('uploadId')) return uploadOperation(method, query);
  if (query.has('uploads')) return method === 'POST' ? 'CreateMultipartUpload' : undefined;
  return { PUT: 'PutObject', GET: 'GetObject', HEAD: 'HeadObject', DELETE: 'DeleteObject' }[method];
}

function bucketOperation(method: string, query: URLSearchParams): string | undefined {
  if (method === 'GET' && query.get('list-type') === '2') return 'ListObjectsV2';
  if (method === 'GET' && query.has('uploads')) return 'ListMultipartUploads';
  if (method === 'GET' && query.has('versioning')) return 'GetBucketVersioning';
  if (method === 'GET' && query.has('object-lock')) return 'GetObjectLockConfiguration';
  if (method === 'POST' && query.has('delete')) return 'DeleteObjects';
  return { PUT: 'CreateBucket', HEAD: 'HeadBucket' }[method];
}

function uploadOperation(method: string, query: URLSearchParams): string | undefined {
  if (method === 'PUT' && query.has('partNumber')) return 'UploadPart';
  return { POST: 'CompleteMultipartUpload', DELETE: 'AbortMultipartUpload', GET: 'ListParts' }[method];
}
