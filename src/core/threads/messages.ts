import { BackupError, BugError, codeOf, messageOf } from '../errors.ts';
import { errorCodes, type ErrorCode } from '../error-codes.ts';

/** What passes between a thread pool and its worker threads. */
export type ToWorker =
  | { readonly kind: 'run'; readonly id: number; readonly job: unknown }
  | { readonly kind: 'cancel'; readonly id: number }
  | { readonly kind: 'taken'; readonly id: number }
  | { readonly kind: 'memory'; readonly memory: readonly ArrayBuffer[] }
  | { readonly kind: 'close' };

/** Of the memory that came with a message, what may be handed back: large pieces. */
export type Moved = readonly ArrayBuffer[];

export type FromWorker =
  | { readonly kind: 'part'; readonly id: number; readonly part: unknown; readonly moved: Moved }
  | {
      readonly kind: 'done';
      readonly id: number;
      readonly result: unknown;
      readonly moved: Moved;
      readonly returned: Moved;
    }
  | { readonly kind: 'failed'; readonly id: number; readonly error: PlainError };

/** An error as plain data: classes and their private parts do not survive the way between threads. */
export interface PlainError {
  readonly kind: 'backup' | 'bug' | 'other';
  /** Of a BackupError its code; of others that of Node.js or PostgreSQL, where they have one. */
  readonly code: string | undefined;
  readonly message: string;
  readonly stack: string | undefined;
  readonly hint: string;
  readonly retryable: boolean;
  readonly exit: number;
  readonly cause: PlainError | undefined;
}

/** Causes beyond this depth are left out: an error may be its own cause. */
const deepestCause = 10;

export function toPlainError(thrown: unknown, depth = 0): PlainError {
  const isError = thrown instanceof Error;
  const known = thrown instanceof BackupError ? thrown : undefined;
  const hasCause = isError && thrown.cause !== undefined && depth < deepestCause;
  return {
    kind: known ? 'backup' : thrown instanceof BugError ? 'bug' : 'other',
    code: codeOf(thrown),
    message: messageOf(thrown),
    stack: isError ? thrown.stack : undefined,
    hint: known?.hint ?? '',
    retryable: known?.retryable ?? false,
    exit: known?.exit ?? 1,
    cause: hasCause ? toPlainError(thrown.cause, depth + 1) : undefined,
  };
}

export function fromPlainError(plain: PlainError): Error {
  const error = revive(plain, plain.cause && fromPlainError(plain.cause));
  if (plain.stack !== undefined) error.stack = plain.stack;
  return error;
}

function revive({ kind, code, message, hint, retryable, exit }: PlainError, cause: Error | undefined): Error {
  if (kind === 'backup' && isErrorCode(code)) {
    return new BackupError(code, message, { hint, retryable, exit, cause });
  }
  const error = kind === 'bug' ? new BugError(message, { cause }) : new Error(message, { cause });
  return code === undefined ? error : Object.assign(error, { code });
}

function isErrorCode(code: string | undefined): code is ErrorCode {
  return code !== undefined && Object.hasOwn(errorCodes, code);
}
