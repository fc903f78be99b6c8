import { BackupError, codeOf, messageOf, type BackupErrorOptions } from '../../core/errors.ts';
import type { ErrorCode } from '../../core/error-codes.ts';
import { objectMissing } from '../store-errors.ts';

interface Meaning {
  readonly code: ErrorCode;
  readonly options?: BackupErrorOptions;
}

const full: Meaning = { code: 'E_STORE_FULL' };
const busy: Meaning = { code: 'E_STORE_UNREACHABLE', options: { retryable: true } };
const denied: Meaning = {
  code: 'E_STORE_ACCESS_DENIED',
  options: { hint: 'Give the user of this process read and write permission on the folder and all in it.' },
};
const readOnly: Meaning = {
  code: 'E_STORE_ACCESS_DENIED',
  options: { hint: 'The file system is mounted read-only: mount it for writing, or choose another --store.' },
};
const symbolicLink: Meaning = {
  code: 'E_STORE_FAILED',
  options: { hint: 'The store does not follow symbolic links: replace it by the file or folder itself.' },
};

const meanings: Readonly<Record<string, Meaning>> = {
  ENOSPC: full,
  EDQUOT: full,
  EACCES: denied,
  EPERM: denied,
  EROFS: readOnly,
  ELOOP: symbolicLink,
  EMFILE: busy,
  ENFILE: busy,
  EAGAIN: busy,
  EBUSY: busy,
  EINTR: busy,
  ESTALE: busy,
  ETIMEDOUT: busy,
};

const missingCodes: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'EISDIR']);

/** Whether the file, or a folder on the way to it, is not there. */
export function isMissing(error: unknown): boolean {
  return missingCodes.has(codeOf(error) ?? '');
}

/** Whether the operating system refused a call, in contrast to an error of the caller's own data. */
export function isSystemError(error: unknown): boolean {
  return codeOf(error) !== undefined && error instanceof Error && 'syscall' in error;
}

/** What an error of the file system means to the user of the store; `doing` completes "Could not …". */
export function explainFileError(error: unknown, doing: string): BackupError {
  if (error instanceof BackupError) return error;
  const meaning = meanings[codeOf(error) ?? ''] ?? { code: 'E_STORE_FAILED' };
  const message = `Could not ${doing}: ${messageOf(error)}`;
  return new BackupError(meaning.code, message, { ...meaning.options, cause: error });
}

/** As `explainFileError`, for a file that has to be there. */
export function explainReadError(error: unknown, path: string): BackupError {
  return isMissing(error) ? objectMissing(path, error) : explainFileError(error, `read ${path}`);
}
