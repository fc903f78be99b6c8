import { isAbsolute } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { BackupError } from '../core/errors.ts';
import { redactUrl } from '../core/secret.ts';

export interface S3Location {
  readonly kind: 's3';
  /** Canonical: without a slash at the end. */
  readonly url: string;
  readonly bucket: string;
  /** Without slashes at either end; empty when the store is the whole bucket. */
  readonly prefix: string;
}

export interface FileLocation {
  readonly kind: 'file';
  readonly url: string;
  /** Absolute path. */
  readonly folder: string;
}

export type StoreLocation = S3Location | FileLocation;

const bucketName = /^[A-Za-z0-9][A-Za-z0-9._-]{1,62}$/;
const prefixPart = /^(?!\.{1,2}$)[A-Za-z0-9._=+@!~-]+$/;
const longestPrefix = 300;

/** Reads `s3://bucket/prefix` or `file:///folder`; anything else is E_STORE_URL. */
export function parseStoreUrl(url: string): StoreLocation {
  if (url.startsWith('s3://')) return parseS3(url);
  if (url.startsWith('file:')) return parseFile(url);
  throw invalid(url, 'starts with neither s3:// nor file:///');
}

function parseS3(url: string): S3Location {
  const [bucket = '', ...rest] = url.slice('s3://'.length).split('/');
  if (bucket.includes('@')) {
    throw invalid(url, 'holds credentials', 'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY instead.');
  }
  if (!bucketName.test(bucket)) throw invalid(url, `has no valid bucket name ("${bucket}")`);
  const parts = rest.filter((part) => part !== '');
  const wrong = parts.find((part) => !prefixPart.test(part));
  if (wrong !== undefined) throw invalid(url, `has the part "${wrong}" in its prefix`);
  const prefix = parts.join('/');
  if (prefix.length > longestPrefix) throw invalid(url, `has a prefix over ${longestPrefix} characters`);
  return { kind: 's3', url: ['s3:/', bucket, ...parts].join('/'), bucket, prefix };
}

function parseFile(url: string): FileLocation {
  const hint = 'A folder is given with three slashes and its absolute path: file:///var/backups/articles';
  if (!/^file:\/\/\/[^/]/.test(url)) throw invalid(url, 'names no absolute path', hint);
  if (/[?#]/.test(url)) throw invalid(url, 'holds "?" or "#"', 'Write them as %3F and %23.');
  let folder: string;
  try {
    folder = fileURLToPath(url);
  } catch (cause) {
    throw invalid(url, 'names no path', hint, cause);
  }
  if (!isAbsolute(folder)) throw invalid(url, 'names no absolute path', hint);
  const trimmed = folder.replace(/\/+$/, '');
  return { kind: 'file', url: pathToFileURL(trimmed).href, folder: trimmed };
}

function invalid(url: string, reason: string, hint?: string, cause?: unknown): BackupError {
  const advice = hint ?? 'A store is s3://bucket/prefix or file:///folder.';
  return new BackupError('E_STORE_URL', `The store ${redactUrl(url)} ${reason}.`, { hint: advice, cause });
}
