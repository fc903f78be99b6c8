import type { S3Failure } from './failure.ts';

/** Whether a store says, in one of the ways seen, that it does not know checksum headers or aws-chunked bodies. */
export function refusesChecksums({ status, name, message, header }: S3Failure): boolean {
  if (status === 411) return true;
  if (status === 501 || name === 'NotImplemented') return header === undefined || isAboutChecksums(header);
  const vague = name === 'InvalidArgument' || name === 'InvalidRequest' || name === 'InvalidHeader';
  return status === 400 && vague && (isAboutChecksums(message) || isAboutChecksums(header ?? ''));
}

function isAboutChecksums(text: string): boolean {
  return /checksum|content-sha256|aws-chunked|trailer|content-md5/i.test(text);
}
