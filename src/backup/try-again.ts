import { BackupError } from '../core/errors.ts';
import type { ErrorCode } from '../core/error-codes.ts';

const unreachableCodes: readonly ErrorCode[] = ['E_DB_UNREACHABLE', 'E_DB_CONNECTION_LIMIT'];
const connectionCodes: readonly ErrorCode[] = [...unreachableCodes, 'E_DB_CONNECTION', 'E_SNAPSHOT_LOST'];

/** Whether the way to the database broke, or what hung on it. */
export function isConnectionLoss(error: unknown): boolean {
  return error instanceof BackupError && connectionCodes.includes(error.code);
}

/**
 * Whether a new snapshot may help: it does where the source failed. The store's driver has tried again itself, and a
 * database that was never reached was tried often enough: the user should know at once.
 *
 * @param lostOnce whether the run has had a snapshot and lost it, or gives it up to read alone: the session that died may
 * hold its lock for a while
 */
export function mayTryAgain(error: unknown, lostOnce: boolean): boolean {
  if (!(error instanceof BackupError)) return false;
  if (error.code === 'E_SNAPSHOT_LOST' || error.code === 'E_SOURCE_CHANGED') return true;
  if (error.code === 'E_DB_CONNECTION' || error.code === 'E_DB_QUERY') return error.retryable;
  return lostOnce && [...unreachableCodes, 'E_SOURCE_LOCKED'].includes(error.code);
}

export function asRetryable(error: unknown): unknown {
  return withRetryable(error, true);
}

/** The same error as one that is not tried again. */
export function givenUp(error: unknown): unknown {
  return withRetryable(error, false);
}

function withRetryable(error: unknown, retryable: boolean): unknown {
  if (!(error instanceof BackupError) || error.retryable === retryable) return error;
  const { code, message, hint, cause, exit } = error;
  return new BackupError(code, message, { hint, cause, exit, retryable });
}
