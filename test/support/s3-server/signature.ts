import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { S3HttpRequest } from './request.ts';
import { S3Error } from './s3-error.ts';

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly expiredKeyIds: readonly string[];
}

/** What a checked signature proves, and what the signatures of chunks go on from. */
export interface Signed {
  readonly region: string;
  readonly signature: string;
  readonly scope: string;
  readonly date: string;
  readonly signingKey: Buffer;
}

const form =
  /^AWS4-HMAC-SHA256 Credential=([^/,]+)\/(\d{8}\/([^/,]+)\/s3\/aws4_request),\s*SignedHeaders=([^,]+),\s*Signature=([0-9a-f]{64})$/;

const greatestSkewMs = 15 * 60 * 1000;

/** Checks the signature (version 4, in the Authorization header) of a request, and its clock against `now`. */
export function checkSignature(request: S3HttpRequest, credentials: Credentials, now: number): Signed {
  const match = form.exec(request.headers['authorization'] ?? '');
  if (match === null) throw new S3Error(403, 'AccessDenied', 'Access Denied: no signature');
  const [, accessKeyId, scope = '', region = '', signedHeaders = '', signature = ''] = match;
  if (credentials.expiredKeyIds.includes(accessKeyId ?? '')) throw new S3Error(400, 'ExpiredToken');
  if (accessKeyId !== credentials.accessKeyId) throw invalidKey(accessKeyId ?? '');
  const date = request.headers['x-amz-date'] ?? '';
  checkClock(date, now);
  const signingKey = scope
    .split('/')
    .reduce((key: Buffer | string, part) => hmac(key, part), `AWS4${credentials.secretAccessKey}`);
  if (typeof signingKey === 'string') throw new Error('no scope');
  const canonical = canonicalRequest(request, signedHeaders.split(';'));
  const stringToSign = ['AWS4-HMAC-SHA256', date, scope, sha256(canonical)].join('\n');
  const expected = hmac(signingKey, stringToSign);
  if (!timingSafeEqual(expected, Buffer.from(signature, 'hex'))) throw mismatch(accessKeyId, stringToSign);
  return { region, signature, scope, date, signingKey };
}

/** As Amazon's: the answer repeats the access key, which therefore must not be passed on by a client. */
function invalidKey(accessKeyId: string): S3Error {
  return new S3Error(
    403,
    'InvalidAccessKeyId',
    'The access key Id you provided does not exist in our records.',
    {
      elements: { AWSAccessKeyId: accessKeyId },
    },
  );
}

function mismatch(accessKeyId: string, stringToSign: string): S3Error {
  return new S3Error(403, 'SignatureDoesNotMatch', 'The request signature we calculated does not match.', {
    elements: { AWSAccessKeyId: accessKeyId, StringToSign: stringToSign },
  });
}

function checkClock(date: string, now: number): void {
  const [, y, mo, d, h, mi, s] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(date) ?? [];
  const sent = Date.parse(`${y}-${mo}-${d}T${h}:${mi}:${s}Z`);
  if (Math.abs(sent - now) <= greatestSkewMs) return;
  throw new S3Error(
    403,
    'RequestTimeTooSkewed',
    "The difference between the request time and the server's time is too large.",
  );
}

function canonicalRequest(request: S3HttpRequest, signedHeaders: readonly string[]): string {
  const query = [...request.query.entries()]
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort()
    .join('&');
  const headers = signedHeaders.map((name) => {
    const value = request.headers[name] ?? '';
    return `${name}:${value.trim().replace(/\s+/g, ' ')}\n`;
  });
  const path = request.rawPath.split('/').map(decodeURIComponent).map(encode).join('/');
  const payload = request.headers['x-amz-content-sha256'] ?? '';
  return [request.method, path, query, headers.join(''), signedHeaders.join(';'), payload].join('\n');
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

export function hmac(key: Buffer | string, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

export function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}
