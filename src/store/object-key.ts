import { BackupError } from '../core/errors.ts';

const wellFormed = /^[A-Za-z0-9._-]+(?:\/[A-Za-z0-9._-]+)*$/;

/** Leaves room for a prefix below the 1,024 bytes that S3 allows a whole key. */
const longestKey = 700;

/** A file system allows a name 255 bytes. */
const longestPart = 255;

/** Whether a store may hold an object of this key: no empty, `.` or `..` part, no character that needs escaping. */
export function isObjectKey(key: string): boolean {
  if (key.length > longestKey || !wellFormed.test(key)) return false;
  return key.split('/').every((part) => part !== '.' && part !== '..' && part.length <= longestPart);
}

/** Keys come from manifests too, which are untrusted (law 8): every driver checks each key it is given. */
export function checkObjectKey(key: string): void {
  if (isObjectKey(key)) return;
  throw new BackupError('E_STORE_FAILED', `${JSON.stringify(key.slice(0, 200))} is no valid object key.`, {
    hint: 'A key has letters, digits, ".", "_", "-" and "/" between its parts. Where it comes from a manifest, the manifest was tampered with: choose another restore point with --at.',
  });
}
