import { BackupError } from '../core/errors.ts';
import { NEWLINE } from './bytes.ts';

/**
 * Where each row of `COPY` text begins, and as last entry where the text ends: row i is the bytes from `starts[i]` to
 * `starts[i + 1] - 1`, without its newline.
 *
 * @throws BackupError `E_ENCODE` where the last row has no newline.
 */
export function splitRows(copyText: Uint8Array): Uint32Array {
  const bytes = Buffer.from(copyText.buffer, copyText.byteOffset, copyText.byteLength);
  const starts = [0];
  for (let at = 0; at < bytes.length;) {
    const newline = bytes.indexOf(NEWLINE, at);
    if (newline < 0) throw new BackupError('E_ENCODE', 'the last row is cut short');
    at = newline + 1;
    starts.push(at);
  }
  return Uint32Array.from(starts);
}
