import { toBackupError, type BackupError } from '../../core/errors.ts';

export type CheckStatus = 'pass' | 'fail' | 'warning' | 'skipped';

/** What one check found. No secret in any text (law 10). */
export interface Check {
  /** Stable, for scripts: `database`, `put`, `clocks`. */
  readonly name: string;
  readonly status: CheckStatus;
  /** What was found, in one line. */
  readonly detail: string;
  /** What to do about it; null for what passed. */
  readonly remedy: string | null;
}

export function pass(name: string, detail: string): Check {
  return { name, status: 'pass', detail, remedy: null };
}

/** Something that stops no backup and should be known. */
export function warning(name: string, detail: string, remedy: string): Check {
  return { name, status: 'warning', detail, remedy };
}

/** Not tried, because something before it failed or because there is nothing to try. */
export function skipped(name: string, detail: string): Check {
  return { name, status: 'skipped', detail, remedy: null };
}

/** A failed check that tells an error as the command that meets it would: message, code and hint. */
export function failed(name: string, error: BackupError): Check {
  return { name, status: 'fail', detail: `${error.message} (${error.code})`, remedy: error.hint };
}

/** Runs a check; what it throws is its failure. Only the abort of the whole command goes through. */
export async function attempt(
  name: string,
  signal: AbortSignal,
  check: () => Promise<Check>,
): Promise<Check> {
  signal.throwIfAborted();
  try {
    return await check();
  } catch (error) {
    signal.throwIfAborted();
    return failed(name, toBackupError(error));
  }
}
