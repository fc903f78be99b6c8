import pRetry from 'p-retry';
import { BackupError } from './errors.ts';

export interface RetryPolicy {
  /** Tries after the first one. */
  readonly retries: number;
  /** First wait in milliseconds; doubles each time, with jitter of up to its own size, at most `maxWaitMs`. */
  readonly minWaitMs: number;
  readonly maxWaitMs: number;
}

/** Spans about a minute: long enough for a throttled store or a database that restarts. */
export const defaultRetryPolicy: RetryPolicy = { retries: 7, minWaitMs: 250, maxWaitMs: 20_000 };

export interface RetryOptions {
  readonly policy?: RetryPolicy;
  readonly signal?: AbortSignal | undefined;
  /** Told of each failed try that will be followed by another. */
  readonly onRetry?: (error: unknown, attempt: number) => void;
}

/** Whether trying again may help: errors declare it themselves, and an aborted operation never does. */
export function isRetryable(error: unknown): boolean {
  return error instanceof BackupError && error.retryable;
}

/** Runs `operation` until it succeeds, fails for good (`isRetryable`), or the policy is used up. */
export async function retry<T>(operation: () => Promise<T>, options: RetryOptions = {}): Promise<T> {
  const policy = options.policy ?? defaultRetryPolicy;
  return pRetry(operation, {
    retries: policy.retries,
    minTimeout: policy.minWaitMs,
    maxTimeout: policy.maxWaitMs,
    factor: 2,
    randomize: true,
    ...(options.signal ? { signal: options.signal } : {}),
    shouldRetry: ({ error }) => isRetryable(error),
    onFailedAttempt: ({ error, attemptNumber, retriesLeft }) => {
      if (retriesLeft > 0 && isRetryable(error)) options.onRetry?.(error, attemptNumber);
    },
  });
}
