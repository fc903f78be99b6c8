import { LentMemory } from '../core/lent-memory.ts';
import { programModule } from '../core/program-files.ts';
import type { SharedRate } from '../core/rate-limit.ts';
import { ThreadPool } from '../core/threads/pool.ts';
import { threadCount } from '../core/threads/thread-count.ts';
import type { Snapshot } from '../postgres/snapshot.ts';
import type { BackupInput } from './backup-input.ts';
import type { ReadJob, ReaderData, ReadResult, RowsPart } from './read-job.ts';

/** Threads that read the source, each over sessions of its own. They start with the first job, or when they are told to. */
export class Readers extends ThreadPool<ReadJob, ReadResult, RowsPart> {
  /** What stored chunks are read into that the threads look for rows in. */
  readonly lent: LentMemory;

  constructor(size: number, data: ReaderData) {
    const lent = new LentMemory();
    super(programModule('backup/read-worker'), size, data, lent.takeBack);
    this.lent = lent;
  }
}

export function openReaders({ settings, databaseUrl }: BackupInput, rate: SharedRate | undefined): Readers {
  return new Readers(threadCount(settings.maxWorkers), { databaseUrl: databaseUrl?.reveal(), rate });
}

/**
 * Loads the threads and connects each of them while the plan is made. A connection that is refused now
 * is asked for again when there is something to read, and told then.
 */
export function prepareReaders(readers: Readers, { id, adoptable }: Snapshot, signal: AbortSignal): void {
  if (!adoptable) return readers.start();
  void readers.runInAll({ kind: 'open', snapshotId: id }, signal).catch(() => {});
}
