import { decodeAwsChunked } from './aws-chunked.ts';
import { checksumNames, checksumOf, md5Base64 } from './checksums.ts';
import type { S3HttpRequest } from './request.ts';
import { S3Error } from './s3-error.ts';
import { sha256, type Signed } from './signature.ts';
import type { Checksums, S3ServerSettings } from './state.ts';

export interface ReceivedBody {
  readonly body: Buffer;
  /** Those the client sent, all of them right. */
  readonly checksums: Checksums;
}

/** Takes the framing off a body and checks every digest that came with it, in headers or trailers. */
export function receiveBody(
  request: S3HttpRequest,
  raw: Buffer,
  signed: Signed,
  settings: S3ServerSettings,
): ReceivedBody {
  const payload = request.headers['x-amz-content-sha256'] ?? 'UNSIGNED-PAYLOAD';
  const isChunked = payload.startsWith('STREAMING-');
  if (settings.checksums !== 'checked') refuseModern(request, isChunked, settings);
  const { body, trailers } = isChunked
    ? decodeAwsChunked(raw, signed, payload.startsWith('STREAMING-AWS4-HMAC'))
    : { body: raw, trailers: {} };
  checkLength(request, body, isChunked);
  const isSigned = settings.signedBodies === 'checked' && /^[0-9a-f]{64}$/.test(payload);
  if (isSigned && payload !== sha256(body)) {
    throw new S3Error(400, 'XAmzContentSHA256Mismatch', 'The provided x-amz-content-sha256 does not match.');
  }
  const md5 = request.headers['content-md5'];
  if (md5 !== undefined && md5 !== md5Base64(body)) throw badDigest('Content-MD5');
  if (settings.checksums !== 'checked') return { body, checksums: {} };
  const known = isSigned ? { sha256: Buffer.from(payload, 'hex').toString('base64') } : {};
  return { body, checksums: checkChecksums({ ...request.headers, ...trailers }, body, known) };
}

function refuseModern(request: S3HttpRequest, isChunked: boolean, settings: S3ServerSettings): void {
  if (isChunked || request.headers['content-encoding']?.includes('aws-chunked') === true) {
    throw new S3Error(411, 'MissingContentLength', 'You must provide the Content-Length HTTP header.');
  }
  const header = Object.keys(request.headers).find((name) => /^x-amz-(?:sdk-)?checksum-(?!mode)/.test(name));
  if (settings.checksums === 'refused' && header !== undefined) {
    throw new S3Error(501, 'NotImplemented', 'A header implies functionality that is not implemented.', {
      elements: { Header: header },
    });
  }
}

function checkLength(request: S3HttpRequest, body: Buffer, isChunked: boolean): void {
  const stated = request.headers[isChunked ? 'x-amz-decoded-content-length' : 'content-length'];
  if (stated !== undefined && Number(stated) !== body.length) {
    throw new S3Error(400, 'IncompleteBody', 'The body is shorter or longer than stated.');
  }
}

/** @param known checksums that the body has for certain */
function checkChecksums(
  headers: Readonly<Record<string, string>>,
  body: Buffer,
  known: Checksums,
): Checksums {
  const checksums: Partial<Record<string, string>> = {};
  for (const name of checksumNames) {
    const stated = headers[`x-amz-checksum-${name}`];
    if (stated === undefined) continue;
    if (stated !== (known[name] ?? checksumOf(name, body))) throw badDigest(name);
    checksums[name] = stated;
  }
  return checksums;
}

function badDigest(name: string): S3Error {
  return new S3Error(400, 'BadDigest', `The ${name} you specified did not match the calculated checksum.`);
}
