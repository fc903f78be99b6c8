import { hash } from 'node:crypto';
import { BackupError } from '../../core/errors.ts';

/** The part of an answer to a put that tells what the store has received. */
export interface PutAnswer {
  readonly ChecksumSHA256?: string | undefined;
  readonly ETag?: string | undefined;
  readonly ServerSideEncryption?: string | undefined;
  readonly SSECustomerAlgorithm?: string | undefined;
}

/** The digest that a request carries for the store to check, base64. */
export type SentDigest = { readonly ContentMD5: string } | { readonly ChecksumSHA256: string };

/**
 * Compares what the store says it received with what was sent (law 2): its SHA-256, else the entity tag where that
 * is an MD5. Under encryption with a KMS key it is none; there the digest the request itself carried has to do,
 * which the store had to check.
 */
export function checkAnswer(answer: PutAnswer, body: Uint8Array, sent: SentDigest, objectKey: string): void {
  if (answer.ChecksumSHA256 !== undefined) {
    const own = 'ChecksumSHA256' in sent ? sent.ChecksumSHA256 : hash('sha256', body, 'base64');
    if (answer.ChecksumSHA256 !== own) throw corruptTransfer(objectKey, 'SHA-256');
    return;
  }
  const md5 = md5OfEtag(answer);
  if (md5 === undefined) return;
  const own = 'ContentMD5' in sent ? hexOf(sent.ContentMD5) : hash('md5', body, 'hex');
  if (md5 !== own) throw corruptTransfer(objectKey, 'MD5');
}

function hexOf(base64: string): string {
  return Buffer.from(base64, 'base64').toString('hex');
}

/** The MD5 that an entity tag is, in hex; undefined where it is something else. */
export function md5OfEtag(answer: PutAnswer): string | undefined {
  if (answer.ServerSideEncryption?.startsWith('aws:kms') === true) return undefined;
  if (answer.SSECustomerAlgorithm !== undefined) return undefined;
  return /^"?([0-9a-f]{32})"?$/i.exec(answer.ETag ?? '')?.[1]?.toLowerCase();
}

export function corruptTransfer(objectKey: string, what: string): BackupError {
  const message = `The ${what} of ${objectKey} in the store differs from that of the bytes sent or received.`;
  return new BackupError('E_STORE_CORRUPT_TRANSFER', message, { retryable: true });
}

/**
 * How the bytes sent are to be checked by the store: SHA-256, or MD5 where only that is known.
 *
 * @param sha256 of the body in hex, where it is known
 */
export function digestInput(body: Uint8Array, minimal: boolean, sha256?: string): SentDigest {
  if (minimal) return { ContentMD5: hash('md5', body, 'base64') };
  const known = sha256 === undefined ? undefined : Buffer.from(sha256, 'hex').toString('base64');
  return { ChecksumSHA256: known ?? hash('sha256', body, 'base64') };
}
