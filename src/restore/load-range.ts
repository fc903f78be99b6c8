import type { Session } from '../postgres/session.ts';
import type { LoadRangeJob } from './load-job.ts';
import { stripFields } from './strip-fields.ts';

/**
 * Loads the rows of a range, once: its number is written in the same transaction. When the connection breaks before
 * the answer to the commit, nobody knows whether the rows are there; the next try then either finds the number, and is
 * done, or loads them. A try that is still at work on the server holds the number, and is waited for.
 */
export async function loadRange(session: Session, job: LoadRangeJob, copyText: Uint8Array): Promise<void> {
  const doing = `loading ${job.table}`;
  const marked = await session.query(`BEGIN; ${job.markSql}`, [], doing);
  if (marked.length === 0) {
    await session.query('ROLLBACK', [], doing);
    return;
  }
  await session.copyIn(job.copySql, pieces(stripFields(copyText, job.generated)), doing);
  await session.query('COMMIT', [], doing);
}

const pieceBytes = 1024 * 1024;

async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
}
