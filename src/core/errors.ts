import { errorCodes, type ErrorCode } from './error-codes.ts';

export interface BackupErrorOptions {
  /** What the user should do next, in one or two sentences; the code's remedy when absent. */
  readonly hint?: string;
  readonly cause?: unknown;
  /** Whether the same operation may succeed when it is tried again unchanged. */
  readonly retryable?: boolean;
  /** Whether it says that there are too many requests: fewer at a time may help. */
  readonly throttled?: boolean;
  /** Exit status, where it differs from the code's own (SIGTERM: 143). */
  readonly exit?: number;
}

/** An error a user can meet and act upon: a code of the error table, a message, a hint, and its cause. */
export class BackupError extends Error {
  override readonly name = 'BackupError';
  readonly code: ErrorCode;
  readonly hint: string;
  readonly retryable: boolean;
  readonly throttled: boolean;
  readonly exit: number;

  constructor(code: ErrorCode, message: string, options: BackupErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint ?? errorCodes[code].remedy;
    this.retryable = options.retryable ?? false;
    this.throttled = options.throttled ?? false;
    this.exit = options.exit ?? errorCodes[code].exit;
  }
}

/** A broken promise inside this program: never the user's doing. */
export class BugError extends Error {
  override readonly name = 'BugError';
}

/** Whether the failure is a wish for fewer requests. */
export function isThrottled(error: unknown): boolean {
  return error instanceof BackupError && error.throttled;
}

/** Any thrown value as an error a user can be shown; what is not a BackupError becomes `E_INTERNAL`. */
export function toBackupError(thrown: unknown): BackupError {
  if (thrown instanceof BackupError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new BackupError('E_INTERNAL', message, { cause: thrown });
}

/** The message of any thrown value, without its stack. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** The `code` of a Node.js system error or of a PostgreSQL error (its SQLSTATE); undefined for others. */
export function codeOf(thrown: unknown): string | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('code' in thrown)) return undefined;
  return typeof thrown.code === 'string' ? thrown.code : undefined;
}
