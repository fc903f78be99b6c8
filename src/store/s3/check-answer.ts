import { hash } from 'node:crypto';
import { BackupError } from '../../core/errors.ts';

/** The part of an answer to a put that tells what the store has received. */
export interface PutAnswer {
  readonly ChecksumSHA256?: string | undefined;
  readonly ETag?: string | undefined;
  readonly ServerSideEncryption?: string | undefined;
  readonly SSECustomerAlgorithm?: string | undefined;
}

/**
 * Compares what the store says it received with what was sent (law 2): its SHA-256, else the entity tag where that
 * is an MD5. Under encryption with a KMS key it is none; there the digest the request itself carried has to do,
 * which the store had to check.
 */
export function checkAnswer(answer: PutAnswer, body: Uint8Array, objectKey: string): void {
  if (answer.ChecksumSHA256 !== undefined) {
    if (answer.ChecksumSHA256 !== sha256Of(body)) throw corruptTransfer(objectKey, 'SHA-256');
    return;
  }
  const md5 = md5OfEtag(answer);
  if (md5 !== undefined && md5 !== hash('md5', body, 'hex')) throw corruptTransfer(objectKey, 'MD5');
}

/** The MD5 that an entity tag is, in hex; undefined where it is something else. */
export function md5OfEtag(answer: PutAnswer): string | undefined {
  if (answer.ServerSideEncryption?.startsWith('aws:kms') === true) return undefined;
  if (answer.SSECustomerAlgorithm !== undefined) return undefined;
  return /^"?([0-9a-f]{32})"?$/i.exec(answer.ETag ?? '')?.[1]?.toLowerCase();
}

/** Base64, as S3 writes it. */
export function sha256Of(body: Uint8Array): string {
  return hash('sha256', body, 'base64');
}

export function corruptTransfer(objectKey: string, what: string): BackupError {
  const message = `The ${what} of ${objectKey} in the store differs from that of the bytes sent or received.`;
  return new BackupError('E_STORE_CORRUPT_TRANSFER', message, { retryable: true });
}

/** How the bytes sent are to be checked by the store: SHA-256, or MD5 where only that is known. */
export function digestInput(
  body: Uint8Array,
  minimal: boolean,
): { ContentMD5: string } | { ChecksumSHA256: string } {
  return minimal ? { ContentMD5: hash('md5', body, 'base64') } : { ChecksumSHA256: sha256Of(body) };
}
