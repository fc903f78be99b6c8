import type { RetryOptions, RetryPolicy } from '../core/retry.ts';

/**
 * How much of S3 a store knows. `auto`: begins with checksums, and goes on without where the store refuses them. `aws`:
 * never goes on without. `minimal`: an older store, to which no checksum header is sent at all.
 */
export type S3Compatibility = 'auto' | 'aws' | 'minimal';

/** How a store is reached and written; everything but the first four counts for S3 only. */
export interface StoreOptions {
  /** Tries, waits and their growth; `defaultRetryPolicy` when absent. */
  readonly retryPolicy?: RetryPolicy | undefined;
  /** Told of each failed try that will be followed by another, whatever the operation. */
  readonly onRetry?: RetryOptions['onRetry'] | undefined;
  /** Operations in progress at a time, 16 when absent. */
  readonly maxConnections?: number | undefined;
  readonly timeouts?: StoreTimeouts | undefined;
  /** Of an S3-compatible service; AWS_ENDPOINT_URL_S3 and AWS_ENDPOINT_URL when absent. */
  readonly endpointUrl?: string | undefined;
  /** AWS_REGION, AWS_DEFAULT_REGION, the profile's, then `us-east-1` when absent. */
  readonly region?: string | undefined;
  /** `auto` when absent. */
  readonly s3Compat?: S3Compatibility | undefined;
  /** Server-side encryption. */
  readonly sse?: 'AES256' | 'aws:kms' | undefined;
  readonly kmsKeyId?: string | undefined;
  readonly storageClass?: string | undefined;
  /** Canned ACL. */
  readonly acl?: string | undefined;
  readonly objectTags?: Readonly<Record<string, string>> | undefined;
}

/** Milliseconds. */
export interface StoreTimeouts {
  /** Until a connection stands. */
  readonly connect: number;
  /** Without a byte in either direction. */
  readonly idle: number;
  /** From the start of a request to the head of its response, the upload of its body included. */
  readonly request: number;
}

/** Timeouts that go with one: a body on its way is given longer than a line that is silent, a connection less. */
export function timeoutsFor(idle: number): StoreTimeouts {
  return { connect: Math.min(idle, 10_000), idle, request: 5 * idle };
}

export const defaultTimeouts = timeoutsFor(60_000);

export const defaultMaxConnections = 16;
