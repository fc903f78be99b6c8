import { S3Error } from './s3-error.ts';
import { hmac, sha256, type Signed } from './signature.ts';

export interface Decoded {
  readonly body: Buffer;
  readonly trailers: Readonly<Record<string, string>>;
}

const emptySha256 = sha256('');

/**
 * Undoes aws-chunked framing: `size[;chunk-signature=…]\r\n data \r\n` … `0 …\r\n` trailers `\r\n`. The signatures
 * of signed chunks and trailers, each over the one before, are checked.
 */
export function decodeAwsChunked(framed: Buffer, signed: Signed, isSigned: boolean): Decoded {
  const pieces: Buffer[] = [];
  let previous = signed.signature;
  let at = 0;
  for (;;) {
    const end = framed.indexOf('\r\n', at);
    if (end < 0) throw incomplete();
    const [size = '', ...extensions] = framed.toString('latin1', at, end).split(';');
    const length = Number.parseInt(size, 16);
    if (!Number.isSafeInteger(length) || end + 2 + length > framed.length) throw incomplete();
    const data = framed.subarray(end + 2, end + 2 + length);
    if (isSigned) previous = checkChunk(signed, previous, data, extensions.join(';'));
    at = end + 2 + length;
    if (length === 0) break;
    pieces.push(data);
    if (framed.toString('latin1', at, at + 2) !== '\r\n') throw incomplete();
    at += 2;
  }
  const trailers = readTrailers(framed.toString('latin1', at));
  if (isSigned && 'x-amz-trailer-signature' in trailers) checkTrailers(signed, previous, trailers);
  return { body: Buffer.concat(pieces), trailers };
}

function checkChunk(signed: Signed, previous: string, data: Buffer, extension: string): string {
  const given = /chunk-signature=([0-9a-f]{64})/.exec(extension)?.[1] ?? '';
  const text = ['AWS4-HMAC-SHA256-PAYLOAD', signed.date, signed.scope, previous, emptySha256, sha256(data)];
  compare(signed, text, given);
  return given;
}

function checkTrailers(signed: Signed, previous: string, trailers: Readonly<Record<string, string>>): void {
  const { 'x-amz-trailer-signature': given = '', ...others } = trailers;
  const lines = Object.entries(others).map(([name, value]) => `${name}:${value}\n`);
  const text = ['AWS4-HMAC-SHA256-TRAILER', signed.date, signed.scope, previous, sha256(lines.join(''))];
  compare(signed, text, given);
}

function compare(signed: Signed, text: readonly string[], given: string): void {
  const expected = hmac(signed.signingKey, text.join('\n')).toString('hex');
  if (expected !== given)
    throw new S3Error(403, 'SignatureDoesNotMatch', 'A chunk signature does not match.');
}

function readTrailers(text: string): Readonly<Record<string, string>> {
  const lines = text.split(/\r?\n/).filter((line) => line.includes(':'));
  return Object.fromEntries(
    lines.map((line) => [
      line.slice(0, line.indexOf(':')).toLowerCase(),
      line.slice(line.indexOf(':') + 1).trim(),
    ]),
  );
}

function incomplete(): S3Error {
  return new S3Error(400, 'IncompleteBody', 'The request body terminated unexpectedly');
}
