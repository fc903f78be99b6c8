import { BackupError } from '../core/errors.ts';

export function objectMissing(objectKey: string, cause?: unknown): BackupError {
  return new BackupError('E_STORE_OBJECT_MISSING', `There is no object ${objectKey}.`, { cause });
}

export function objectExists(objectKey: string, cause?: unknown): BackupError {
  return new BackupError('E_STORE_OBJECT_EXISTS', `An object ${objectKey} exists already.`, { cause });
}

/** For `ifMatch`: somebody else wrote the object since its entity tag was read. */
export function objectChanged(objectKey: string, cause?: unknown): BackupError {
  return new BackupError('E_STORE_OBJECT_EXISTS', `The object ${objectKey} was changed by another process.`, {
    hint: 'Another run writes below the same prefix: wait for it, or give each source its own prefix.',
    cause,
  });
}
