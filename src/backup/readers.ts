import { programModule } from '../core/program-files.ts';
import type { SharedRate } from '../core/rate-limit.ts';
import { ThreadPool } from '../core/threads/pool.ts';
import { computingThreads, threadCount } from '../core/threads/thread-count.ts';
import type { Snapshot } from '../postgres/snapshot.ts';
import type { BackupInput } from './backup-input.ts';
import type { ReadJob, ReaderData, ReadResult, RowsPart } from './read-job.ts';
import type { TablePlan } from './table-plan.ts';

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

/** To look for rows in so many bases takes a second. */
const leastToSpread = 400;

/**
 * The rows that an update overrides are looked for in the base of its range, which only computes: where there are many, all
 * cores take part.
 */
export function spreadUpdates(readers: Readers, plans: readonly TablePlan[], workers: number): void {
  let updates = 0;
  for (const { chunks, steps } of plans) {
    if (chunks.size === 0) continue;
    for (const step of steps.changed) {
      if (step.kind === 'patch' && step.change === 'updates') updates += 1;
      if (updates >= leastToSpread) return readers.grow(computingThreads(workers));
    }
  }
}
