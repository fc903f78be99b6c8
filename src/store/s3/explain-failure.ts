import { BackupError, type BackupErrorOptions } from '../../core/errors.ts';
import type { ErrorCode } from '../../core/error-codes.ts';
import { redactUrl } from '../../core/secret.ts';
import * as names from './failure-names.ts';
import { isChecksumMismatch, type S3Failure, type S3Operation } from './failure.ts';
import { permissionHint } from './permission-hint.ts';
import { refusesChecksums } from './refuses-checksums.ts';

export interface FailureContext {
  readonly operation: S3Operation;
  readonly bucket: string;
  /** With the prefix; absent for operations on the bucket. For a listing, the prefix. */
  readonly objectKey?: string | undefined;
  /** Which condition the request carried. */
  readonly condition?: 'ifAbsent' | 'ifMatch' | undefined;
  /** The region requests are signed for. */
  readonly region: string;
  /** Of a service that is not AWS. */
  readonly endpoint: string | undefined;
  /** Whether the store answered before with success: then a host that is not found is a fault that passes. */
  readonly worked: boolean;
  /** `--s3-compat aws`: the store is not asked again without checksums. */
  readonly insistsOnChecksums: boolean;
}

interface Meaning extends Pick<BackupErrorOptions, 'hint' | 'retryable' | 'throttled'> {
  readonly code: ErrorCode;
}

const verbs: Readonly<Record<S3Operation, string>> = {
  PutObject: 'put',
  GetObject: 'get',
  HeadObject: 'look up',
  ListObjectsV2: 'list',
  DeleteObject: 'delete',
  CreateBucket: 'create the bucket',
  CreateMultipartUpload: 'put',
  UploadPart: 'put',
  CompleteMultipartUpload: 'put',
  AbortMultipartUpload: 'abort the upload of',
  ListMultipartUploads: 'list the unfinished uploads of',
  GetBucketVersioning: 'ask for the versioning of',
  GetObjectLockConfiguration: 'ask for the Object Lock of',
};

/** What a failure means to the user, by name and status only: some stores send no message. */
export function explainFailure(failure: S3Failure, context: FailureContext): BackupError {
  const { code, ...options } = meaningOf(failure, context);
  const path = context.objectKey === undefined ? '' : `/${context.objectKey}`;
  const said = [failure.name, failure.status === undefined ? undefined : `(${failure.status})`];
  if (failure.message !== '' && failure.message !== failure.name) said.push(`- ${failure.message}`);
  const reason = said.filter((part) => part !== undefined).join(' ');
  const message = `Could not ${verbs[context.operation]} s3://${context.bucket}${path}: ${reason}`;
  return new BackupError(code, message, { ...options, cause: failure });
}

function meaningOf(failure: S3Failure, context: FailureContext): Meaning {
  const { name, status } = failure;
  if (names.credentialNames.has(name) || status === 401) return credentials(failure, context);
  if (names.regionNames.has(name) || status === 301 || status === 307 || isElsewhere(failure, context)) {
    return region(failure, context);
  }
  // The SDK corrects its clock by the answer: where the store took it before, this one has jumped.
  if (names.clockNames.has(name)) return { code: 'E_STORE_CLOCK', retryable: context.worked };
  if (names.corruptNames.has(name) || isChecksumMismatch(failure.message)) {
    return { code: 'E_STORE_CORRUPT_TRANSFER', retryable: true };
  }
  if (names.fullNames.has(name) || status === 507) return { code: 'E_STORE_FULL' };
  if (isThrottled(failure)) return { ...unreachable(context, true), throttled: true };
  if (isTransient(failure)) return unreachable(context, true);
  if (status !== undefined && status >= 400) return refused(failure, context);
  return unanswered(failure, context);
}

function credentials({ name }: S3Failure, { worked }: FailureContext): Meaning {
  const hints: Readonly<Record<string, string>> = {
    ExpiredToken: 'The session has expired: log in again (`aws sso login`), or renew AWS_SESSION_TOKEN.',
    SignatureDoesNotMatch: 'AWS_SECRET_ACCESS_KEY does not belong to AWS_ACCESS_KEY_ID: set both again.',
    InvalidAccessKeyId:
      'The store does not know AWS_ACCESS_KEY_ID: check it, the profile and --endpoint-url.',
  };
  const hint = hints[names.expiredNames.has(name) ? 'ExpiredToken' : name];
  // Credentials that were there before and renew themselves: what gives them may be out for a moment only.
  const retryable = worked && (name === 'CredentialsProviderError' || names.expiredNames.has(name));
  return { code: 'E_STORE_CREDENTIALS', retryable, ...(hint === undefined ? {} : { hint }) };
}

/** A HEAD answer has no body to name the reason, only the region's header. */
function isElsewhere(failure: S3Failure, context: FailureContext): boolean {
  return failure.status === 400 && failure.region !== undefined && failure.region !== context.region;
}

function region(failure: S3Failure, context: FailureContext): Meaning {
  const hint =
    failure.region === undefined
      ? `Requests were made for ${context.region}: pass the bucket's region with --region or AWS_REGION.`
      : `The bucket ${context.bucket} is in ${failure.region}, not ${context.region}: pass --region ${failure.region}.`;
  return { code: 'E_STORE_REGION', hint };
}

function isThrottled({ name, status }: S3Failure): boolean {
  return names.throttlingNames.has(name) || status === 429 || status === 503;
}

function isTransient({ name, status, code }: S3Failure): boolean {
  if (names.transientNames.has(name) || names.networkCodes.has(code ?? '')) return true;
  if (status === undefined) return false;
  // An answer below 400 that is an error could not be read to its end, or was no S3 answer.
  return status === 408 || (status >= 500 && status !== 501) || status < 300;
}

function unreachable(context: FailureContext, retryable: boolean): Meaning {
  const where =
    context.endpoint === undefined ? `region ${context.region}` : `endpoint ${redactUrl(context.endpoint)}`;
  const hint = `Check the network and the status of the service (${where}); --endpoint-url and --region choose another.`;
  return { code: 'E_STORE_UNREACHABLE', hint, retryable };
}

function unanswered({ code }: S3Failure, context: FailureContext): Meaning {
  if (code === 'ENOTFOUND') return unreachable(context, context.worked);
  if (code !== undefined && /^(?:CERT_|ERR_TLS_|ERR_SSL_|EPROTO|DEPTH_|SELF_SIGNED|UNABLE_TO_)/.test(code)) {
    const hint =
      'The TLS certificate was not accepted: give its authority with NODE_EXTRA_CA_CERTS=ca.pem, or correct the host name or https:// of --endpoint-url.';
    return { code: 'E_STORE_UNREACHABLE', hint };
  }
  return { code: 'E_STORE_FAILED' };
}

function refused(failure: S3Failure, context: FailureContext): Meaning {
  const { name, status } = failure;
  if (context.insistsOnChecksums && refusesChecksums(context.operation, failure)) {
    return {
      code: 'E_STORE_FAILED',
      hint: 'The store takes no SHA-256 checksums: leave out --s3-compat aws.',
    };
  }
  if (name === 'NoSuchBucket') return { code: 'E_STORE_BUCKET' };
  if (name === 'BucketAlreadyExists') {
    return {
      code: 'E_STORE_BUCKET',
      hint: 'Another account owns a bucket of that name: choose another name.',
    };
  }
  if (name === 'InvalidObjectState') {
    return {
      code: 'E_STORE_FAILED',
      hint: 'The object was moved to an archive class: restore it from there first.',
    };
  }
  if (name === 'AccessControlListNotSupported') {
    return { code: 'E_STORE_FAILED', hint: 'The bucket has ACLs disabled: leave out --acl.' };
  }
  if (names.deniedNames.has(name) || status === 403) {
    return { code: 'E_STORE_ACCESS_DENIED', hint: permissionHint(context.operation, context) };
  }
  if (status === 412) return condition(context);
  if (status === 409 && context.condition !== undefined) return unreachable(context, true);
  if (status === 404 && name !== 'NoSuchUpload') return { code: 'E_STORE_OBJECT_MISSING' };
  return { code: 'E_STORE_FAILED' };
}

function condition(context: FailureContext): Meaning {
  if (context.condition !== 'ifMatch') return { code: 'E_STORE_OBJECT_EXISTS' };
  const hint = 'Another run writes below the same prefix: wait for it, or give each source its own prefix.';
  return { code: 'E_STORE_OBJECT_EXISTS', hint };
}
