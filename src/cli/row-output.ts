import { BackupError, codeOf, messageOf } from '../core/errors.ts';
import type { OutputStream } from './host.ts';

/** The reader of standard output went away (`| head`): nobody is left to work for, and that is no failure. */
export class OutputClosed extends Error {
  override readonly name = 'OutputClosed';
}

const closedCodes = new Set(['EPIPE', 'ECONNRESET', 'ERR_STREAM_DESTROYED', 'ERR_STREAM_WRITE_AFTER_END']);

/**
 * Writes rows to standard output; resolves when they have left the process, so that a slow reader holds the rows back.
 *
 * @throws OutputClosed, BackupError `E_OUTPUT`
 */
export function writeRows(stream: OutputStream, rows: Uint8Array | string): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(rows, (error) => {
      if (!error) resolve();
      else if (closedCodes.has(codeOf(error) ?? '')) reject(new OutputClosed());
      else
        reject(
          new BackupError('E_OUTPUT', `cannot write to standard output: ${messageOf(error)}`, {
            cause: error,
          }),
        );
    });
  });
}
