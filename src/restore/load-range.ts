import type { RateLimit } from '../core/rate-limit.ts';
import type { Session } from '../postgres/session.ts';
import type { LoadTarget } from './load-job.ts';
import { FieldStripper } from './strip-fields.ts';

/**
 * Loads rows, once: their number is written in the same transaction. When the connection breaks before the answer to
 * the commit, nobody knows whether the rows are there; the next try then either finds the number, and is done, or
 * loads them. A try that is still at work on the server holds the number, and is waited for.
 *
 * @param rows `COPY` text; where it fails, nothing is loaded
 * @param limit holds the loading back, where there is a rate to keep to
 * @returns false where they were there already
 */
export async function loadRows(
  session: Session,
  target: LoadTarget,
  rows: AsyncIterable<Uint8Array>,
  limit?: RateLimit,
): Promise<boolean> {
  const doing = `loading ${target.table}`;
  const marked = await session.query(`BEGIN; ${target.markSql}`, [], doing);
  if (marked.length === 0) {
    await session.query('ROLLBACK', [], doing);
    return false;
  }
  await session.copyIn(target.copySql, pieces(rows, target.generated, limit), doing);
  await session.query('COMMIT', [], doing);
  return true;
}

/** Sent at once. */
export const pieceBytes = 1024 * 1024;
/** With a rate to keep to: what comes at once. */
const smallPieceBytes = 64 * 1024;

async function* pieces(
  rows: AsyncIterable<Uint8Array>,
  generated: readonly number[],
  limit: RateLimit | undefined,
): AsyncGenerator<Uint8Array> {
  const stripper = new FieldStripper(generated);
  const step = limit ? smallPieceBytes : pieceBytes;
  for await (const bytes of rows) {
    for (let at = 0; at < bytes.length; at += step) {
      const piece = bytes.subarray(at, at + step);
      await limit?.take(piece.length);
      yield stripper.strip(piece);
    }
  }
}
