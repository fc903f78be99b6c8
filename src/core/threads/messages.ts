import { BackupError } from '../errors.ts';
import type { ErrorCode } from '../error-codes.ts';

/** What passes between a thread pool and its worker threads. */
export type ToWorker =
  | { readonly kind: 'run'; readonly id: number; readonly job: unknown }
  | { readonly kind: 'cancel'; readonly id: number }
  | { readonly kind: 'close' };

export type FromWorker =
  | { readonly kind: 'done'; readonly id: number; readonly result: unknown }
  | { readonly kind: 'failed'; readonly id: number; readonly error: PlainError };

/** An error as plain data: classes and their private parts do not survive the way between threads. */
export interface PlainError {
  readonly code: ErrorCode | undefined;
  readonly message: string;
  readonly stack: string | undefined;
  readonly hint: string;
  readonly retryable: boolean;
  readonly exit: number;
  readonly cause: PlainError | undefined;
}

export function toPlainError(thrown: unknown): PlainError {
  const isError = thrown instanceof Error;
  const known = thrown instanceof BackupError ? thrown : undefined;
  return {
    code: known?.code,
    message: isError ? thrown.message : String(thrown),
    stack: isError ? thrown.stack : undefined,
    hint: known?.hint ?? '',
    retryable: known?.retryable ?? false,
    exit: known?.exit ?? 1,
    cause: isError && thrown.cause !== undefined ? toPlainError(thrown.cause) : undefined,
  };
}

export function fromPlainError(plain: PlainError): Error {
  const cause = plain.cause ? fromPlainError(plain.cause) : undefined;
  const error = plain.code
    ? new BackupError(plain.code, plain.message, {
        hint: plain.hint,
        retryable: plain.retryable,
        exit: plain.exit,
        cause,
      })
    : new Error(plain.message, { cause });
  if (plain.stack !== undefined) error.stack = plain.stack;
  return error;
}
