import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { programModule } from '../core/program-files.ts';
import { ThreadPool } from '../core/threads/pool.ts';
import { computingThreads } from '../core/threads/thread-count.ts';
import { diffDatabase } from './diff-database.ts';
import type { DiffInput, DiffResult, TableDiff } from './diff-input.ts';
import type { DiffMeans } from './diff-parts.ts';
import { diffPoints } from './diff-points.ts';
import { findEnds } from './find-ends.ts';
import type { DiffJob } from './diff-job.ts';
import { PointReader } from './point-reader.ts';

/** Rows of a segment that are compared in memory; a larger one goes through temporary files. */
const memoryBytes = 32 * 1024 * 1024;

/**
 * Which rows differ between two restore points, or a restore point and a database as of one snapshot, without restoring.
 * Only chunks of ranges whose digests differ are read; memory does not grow with the tables (law 9).
 *
 * @throws BackupError of any code, and whatever `take` throws
 */
export async function runDiff(input: DiffInput): Promise<DiffResult> {
  const startedAt = Date.now();
  // 1. The two ends: restore points, or one and a database.
  const { from, to } = await findEnds(input);
  return withMeans(input, async (means) => {
    // 2. Table by table, the segments that may differ, and in them the rows that do.
    const compared = to ? await diffPoints(from, to, input, means) : await diffDatabase(from, input, means);
    const { tables } = compared;
    return {
      status: 'completed',
      from: input.store.objectKey(from.reference.key),
      to: compared.to,
      equal: tables.every(isEqual),
      tables,
      durationSeconds: (Date.now() - startedAt) / 1000,
    };
  });
}

function isEqual({ state, inserted, updated, deleted, differences }: TableDiff): boolean {
  return state === 'compared' && inserted + updated + deleted + differences.length === 0;
}

/** Runs `work` with threads that decode, and a folder for temporary files that is made once it is needed. */
async function withMeans<T>(input: DiffInput, work: (means: DiffMeans) => Promise<T>): Promise<T> {
  const { store, maxWorkers, signal } = input;
  const threads = computingThreads(maxWorkers);
  const pool = new ThreadPool<DiffJob, Uint8Array>(programModule('diff/diff-worker'), threads, null);
  let folder: Promise<string> | undefined;
  const makeFolder = () => (folder ??= mkdtemp(join(tmpdir(), 'storydredge-diff-')));
  try {
    const points = new PointReader(store, pool, maxWorkers, signal);
    return await work({ points, limits: { memoryBytes, folder: makeFolder } });
  } finally {
    await pool.close();
    if (folder) await rm(await folder, { recursive: true, force: true });
  }
}
