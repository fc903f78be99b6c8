import { codeOf } from '../../core/errors.ts';

/** What an S3 operation was doing when it failed. */
export type S3Operation =
  | 'PutObject'
  | 'GetObject'
  | 'HeadObject'
  | 'ListObjectsV2'
  | 'DeleteObject'
  | 'CreateBucket'
  | 'CreateMultipartUpload'
  | 'UploadPart'
  | 'CompleteMultipartUpload'
  | 'AbortMultipartUpload'
  | 'ListMultipartUploads'
  | 'GetBucketVersioning'
  | 'GetObjectLockConfiguration';

/**
 * A refusal or a broken connection, reduced to what may be shown. The SDK's own errors carry every element of the
 * answer as a property, session tokens and access keys among them, and the raw response with the request in it:
 * they go no further than this (law 10).
 */
export class S3Failure extends Error {
  override readonly name: string;
  readonly status: number | undefined;
  readonly requestId: string | undefined;
  /** Of the bucket, where the answer names it. */
  readonly region: string | undefined;
  /** The request header that the store does not know, where the answer names it. */
  readonly header: string | undefined;
  /** Of the system call: ECONNRESET and the like. */
  readonly code: string | undefined;

  constructor(thrown: unknown) {
    super(plainMessage(thrown));
    const properties = propertiesOf(thrown);
    const metadata = propertiesOf(properties['$metadata']);
    const headers = propertiesOf(propertiesOf(properties['$response'])['headers']);
    this.name = textOf(properties['name']) ?? textOf(properties['Code']) ?? 'UnknownError';
    this.status = typeof metadata['httpStatusCode'] === 'number' ? metadata['httpStatusCode'] : undefined;
    this.requestId = textOf(metadata['requestId']);
    this.region = textOf(headers['x-amz-bucket-region']) ?? textOf(properties['Region']);
    this.header = textOf(properties['Header']);
    this.code = codeOf(thrown);
  }
}

/** Of an AggregateError, which Node.js throws when no address of a host answers, the first one's message. */
function plainMessage(thrown: unknown): string {
  if (thrown instanceof AggregateError && thrown.errors.length > 0) return plainMessage(thrown.errors[0]);
  if (!(thrown instanceof Error)) return 'no message';
  // The SDK appends how to look at the raw response, which is of no use to whom this is shown.
  if (thrown.message === 'UnknownError') return '';
  return thrown.message.replace(/\s*Deserialization error: to see the raw response[\s\S]*$/, '').trim();
}

function propertiesOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The failure behind an error that `explainFailure` made. */
export function failureOf(error: unknown): S3Failure | undefined {
  return error instanceof Error && error.cause instanceof S3Failure ? error.cause : undefined;
}

/** The SDK's only sign of it is its message. */
export function isChecksumMismatch(message: string): boolean {
  return message.startsWith('Checksum mismatch');
}
