import { programModule } from '../core/program-files.ts';
import type { SharedRate } from '../core/rate-limit.ts';
import { ThreadPool } from '../core/threads/pool.ts';
import { threadCount } from '../core/threads/thread-count.ts';
import type { Snapshot } from '../postgres/snapshot.ts';
import type { BackupInput } from './backup-input.ts';
import type { ReadJob, ReaderData, ReadResult, RowsPart } from './read-job.ts';

/** Threads that read the source, each over sessions of its own. */
export type Readers = ThreadPool<ReadJob, ReadResult, RowsPart>;

/** The threads start with the first job, or when they are told to. */
export function openReaders({ settings, databaseUrl }: BackupInput, rate: SharedRate | undefined): Readers {
  const data: ReaderData = { databaseUrl: databaseUrl?.reveal(), rate };
  return new ThreadPool(programModule('backup/read-worker'), threadCount(settings.maxWorkers), data);
}

/**
 * Loads the threads and connects each of them while the plan is made. A connection that is refused now
 * is asked for again when there is something to read, and told then.
 */
export function prepareReaders(readers: Readers, { id, adoptable }: Snapshot, signal: AbortSignal): void {
  if (!adoptable) return readers.start();
  void readers.runInAll({ kind: 'open', snapshotId: id }, signal).catch(() => {});
}
