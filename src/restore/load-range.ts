import { digestRows } from '../chunk/digest-rows.ts';
import { mergeRows, sliceRows } from '../chunk/merge-rows.ts';
import { openChunk } from '../chunk/open-chunk.ts';
import { BackupError } from '../core/errors.ts';
import { releaseMemory } from '../core/release-memory.ts';
import type { Session } from '../postgres/session.ts';
import type { LoadRangeJob } from './load-job.ts';
import { stripFields } from './strip-fields.ts';

/**
 * The rows of a range: its base with its patches, proved to be those that the manifest means (law 1).
 *
 * @throws BackupError `E_CHUNK_DAMAGED`, `E_RESTORE_MISMATCH`
 */
export async function putTogether(job: LoadRangeJob): Promise<Uint8Array> {
  const base = await openChunk(job.base.body, job.base.entry, job.columns);
  const patches: Uint8Array[] = [];
  for (const { entry, body, first, rows } of job.patches) {
    patches.push(sliceRows(await openChunk(body, entry, job.columns), first, rows));
  }
  const copyText = mergeRows(base, patches, job.key);
  releaseMemory(job.base.body);
  if (copyText !== base) releaseMemory(base);
  const { rows, digest } = digestRows(copyText);
  if (rows === job.rows && digest === job.digest) return copyText;
  throw new BackupError(
    'E_RESTORE_MISMATCH',
    `a range of ${job.table} with base ${job.base.entry.key} gives ${rows} rows with digest ${digest} instead of ${job.rows} with ${job.digest}`,
  );
}

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
