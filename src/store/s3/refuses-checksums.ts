import type { S3Failure, S3Operation } from './failure.ts';

/** Operations that carry a checksum or ask for one; of others NotImplemented tells something else. */
const withChecksums: ReadonlySet<S3Operation> = new Set([
  'PutObject',
  'GetObject',
  'HeadObject',
  'DeleteObject',
  'CreateMultipartUpload',
  'UploadPart',
  'CompleteMultipartUpload',
]);

/** Whether a store says, in one of the ways seen, that it does not know checksum headers or aws-chunked bodies. */
export function refusesChecksums(operation: S3Operation, failure: S3Failure): boolean {
  const { status, name, message, header } = failure;
  if (!withChecksums.has(operation)) return false;
  if (status === 411) return true;
  if (status === 501 || name === 'NotImplemented') return header === undefined || isAboutChecksums(header);
  const vague = name === 'InvalidArgument' || name === 'InvalidRequest' || name === 'InvalidHeader';
  return status === 400 && vague && (isAboutChecksums(message) || isAboutChecksums(header ?? ''));
}

function isAboutChecksums(text: string): boolean {
  return /checksum|content-sha256|aws-chunked|trailer|content-md5/i.test(text);
}
