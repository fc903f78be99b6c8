import { BackupError } from '../core/errors.ts';
import { passFaultPoint } from '../core/fault-points.ts';
import { shareRate } from '../core/rate-limit.ts';
import { retry } from '../core/retry.ts';
import { TightHeap } from '../core/small-heap.ts';
import {
  removeAbandonedFolders,
  removeTemporaryFolder,
  temporaryFolder,
  type TemporaryFolder,
} from '../core/temporary-files.ts';
import { programModule } from '../core/program-files.ts';
import { ThreadPool } from '../core/threads/pool.ts';
import { threadCount } from '../core/threads/thread-count.ts';
import type { Session } from '../postgres/session.ts';
import { relationSql } from '../postgres/target-relations.ts';
import { removedMeanwhile } from '../repository/removed-meanwhile.ts';
import { findRestorePoint } from '../repository/restore-points.ts';
import type { StoredManifest } from '../repository/manifests.ts';
import { buildIndexes } from './build-indexes.ts';
import { createTables } from './create-tables.ts';
import type { UnprovedForeignKey } from './foreign-keys.ts';
import type { LoaderData, LoadJob, LoadResult } from './load-job.ts';
import { loadTables } from './load-tables.ts';
import { withoutLost } from './damaged/lost-rows.ts';
import { createObjects } from './objects/create-objects.ts';
import { finishTable } from './objects/finish-table.ts';
import { planRestore } from './plan-restore.ts';
import { readBack } from './read-back.ts';
import { reportPlan } from './report-plan.ts';
import type { RestoreInput, RestoreResult } from './restore-input.ts';
import { displayName, holdsOwnRows, type RestorePlan, type TablePlan } from './restore-plan.ts';
import { setOwnedSequences } from './set-sequences.ts';
import { createStaging, dropLeftovers, dropStaging, nameStaging, staged, type Staging } from './staging.ts';
import { swap } from './swap.ts';
import { openTarget, toRestoreError } from './target.ts';
import { keepParts } from './where-key/keep-part.ts';

/** Begun again when the session that holds the staging is lost: what it held is then dropped like any leftover. */
const restoreRetry = { retries: 2, minWaitMs: 1000, maxWaitMs: 10_000 };

/**
 * Restores tables of a restore point: all of them with every row, proved by their digests, or the target stays as it
 * was (law 1 and 2), also when this process is killed (law 4).
 *
 * @throws BackupError of any code
 */
export async function runRestore(input: RestoreInput): Promise<RestoreResult> {
  const point = await findRestorePoint(input.store, input.settings.at, input.signal);
  let isRetry = false;
  return retry(() => attempt(input, point, isRetry), {
    policy: restoreRetry,
    signal: input.signal,
    onRetry: (error) => {
      isRetry = true;
      const reason = error instanceof Error ? error.message : String(error);
      input.reporter.log('warn', `Beginning again: ${reason}`);
    },
  }).catch(async (error: unknown) => {
    throw toRestoreError(await removedMeanwhile(error, input.store, point.reference.key));
  });
}

/** The plan that a restore would carry out now. Writes nothing. */
export async function dryRunRestore(input: RestoreInput): Promise<RestorePlan> {
  const point = await findRestorePoint(input.store, input.settings.at, input.signal);
  const session = await openTarget(input.target, 'plan', input.signal);
  try {
    await session.query('BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY');
    return await planRestore(session, point, input.settings);
  } catch (error) {
    throw toRestoreError(error);
  } finally {
    await session.close();
  }
}

async function attempt(input: RestoreInput, point: StoredManifest, isRetry: boolean): Promise<RestoreResult> {
  const { reporter } = input;
  const session = await openTarget(input.target, 'restore', input.signal).catch((error: unknown) => {
    throw isRetry ? error : givenUp(error);
  });
  try {
    // What a killed restore left behind would look like a part of the target.
    await dropLeftovers(session, reporter);

    // 1. Plan: which tables, and what becomes of each in the target.
    const plan = await planRestore(session, point, input.settings);
    reportPlan(plan, reporter);

    passFaultPoint('restore.planned');
    const restored = await withStaging(input, plan, session, async (staging) => {
      // 2. to 4. Create types, and the tables aside; load and prove them, and give them their indexes.
      await createObjects(session, plan.objects, staging);
      passFaultPoint('restore.staging.created');
      await createTables(session, plan.tables, staging);
      passFaultPoint('restore.tables.created');
      const tables = await withLoaders(input, (loaders) =>
        fillStaging(input, plan, { session, staging, ...loaders }),
      );

      // 5. Swap: one transaction puts all in its place.
      const unproved = await swap(session, { ...plan, tables }, staging, input);
      passFaultPoint('restore.committed');
      return { plan: { ...plan, tables }, unproved };
    });
    await analyzeFilled(session, restored.plan, input);
    return resultOf(input, restored.plan, restored.unproved);
  } finally {
    await session.close();
  }
}

interface Loaders {
  readonly pool: ThreadPool<LoadJob, LoadResult>;
  readonly temporaryFolder: TemporaryFolder;
}

interface Means extends Loaders {
  readonly session: Session;
  readonly staging: Staging;
}

/** Everything that takes long: no lock is held on what the target has. Of a part, the plan then tells its own rows. */
async function fillStaging(input: RestoreInput, plan: RestorePlan, means: Means): Promise<TablePlan[]> {
  const { reporter, signal } = input;
  const { session, staging } = means;
  const parts = { ...means, input, signal };
  const isLoaded = (table: TablePlan) => table.action !== 'fill' || holdsOwnRows(table);
  const lossy = await loadTables(plan.tables.filter(isLoaded), parts);
  const tables = await keepParts(session, withoutLost(plan.tables, lossy, reporter), parts);
  passFaultPoint('restore.loaded');
  reporter.log('info', 'Rows are loaded; building indexes and constraints');
  await buildIndexes(input, tables, staging, signal);
  passFaultPoint('restore.indexed');
  reporter.log('info', 'Reading back what was loaded');
  await readBack(session, tables.filter(isLoaded), parts);
  passFaultPoint('restore.proved');
  for (const table of tables) {
    if (table.action === 'fill') continue;
    await setOwnedSequences(session, table, staged(staging, table.target));
    await finishTable(session, table, staged(staging, table.target));
  }
  return tables;
}

/** Runs `work` with a staging, and drops it when that fails: with another session, as this one may be the failure. */
async function withStaging<T>(
  input: RestoreInput,
  plan: RestorePlan,
  session: Session,
  work: (staging: Staging) => Promise<T>,
): Promise<T> {
  const staging = nameStaging([...new Set(plan.tables.map(({ target }) => target.schema))]);
  try {
    await createStaging(session, staging);
    return await work(staging);
  } catch (error) {
    await session.close();
    await cleanUp(input, staging).catch(() => {
      input.reporter.log('warn', `${staging.name} could not be dropped; the next restore will`);
    });
    throw error;
  }
}

/** Without the signal of the run: also an interrupted restore leaves nothing behind. */
async function cleanUp(input: RestoreInput, staging: Staging): Promise<void> {
  const session = await openTarget(input.target, 'clean-up');
  try {
    await dropStaging(session, staging);
  } finally {
    await session.close();
  }
}

async function withLoaders<T>(input: RestoreInput, work: (loaders: Loaders) => Promise<T>): Promise<T> {
  const { fast = false, maxRate, maxWorkers } = input.settings;
  const rate = maxRate === undefined ? undefined : shareRate(maxRate);
  const data: LoaderData = { targetUrl: input.targetUrl?.reveal(), fast, rate };
  const threads = threadCount(maxWorkers);
  const pool = new ThreadPool<LoadJob, LoadResult>(programModule('restore/load-worker'), threads, data);
  const folder = temporaryFolder();
  const heap = new TightHeap();
  try {
    await removeAbandonedFolders();
    // Garbage of the network outlives the young generation: 15 MB of it would pile up in each thread.
    heap.tighten();
    return await work({ pool, temporaryFolder: folder });
  } finally {
    heap.release();
    await pool.close();
    await removeTemporaryFolder(folder);
  }
}

/** The planner's statistics of tables that were filled in place. The restore is committed: a failure only warns. */
async function analyzeFilled(session: Session, { tables }: RestorePlan, input: RestoreInput): Promise<void> {
  for (const { target, action } of tables) {
    if (action !== 'fill') continue;
    await session
      .query(`ANALYZE ${relationSql(target)}`, [], `analyzing ${displayName(target)}`)
      .catch((error: unknown) => {
        input.reporter.log('warn', `Restored, but without new statistics: ${String(error)}`);
      });
  }
}

function resultOf(
  { store, startedAt, reporter }: RestoreInput,
  { point, tables }: RestorePlan,
  unproved: readonly UnprovedForeignKey[],
): RestoreResult {
  const restored = tables.filter(holdsOwnRows).map(({ source: { rows, digest }, target, part }) => ({
    table: displayName(target),
    rows,
    digest,
    ...(part ? { part } : {}),
  }));
  const missing = tables.flatMap(({ lost = [] }) => lost);
  for (const { table, rows, digest, part } of restored) {
    const isLossy = missing.some((lost) => lost.table === table);
    const rest = isLossy ? ', which is not all of them' : ' of the restore point';
    const whose = part ? `, those where ${part.text}` : rest;
    reporter.log('info', `Restored ${table}: read back, its ${rows} rows have the digest ${digest}${whose}`);
  }
  return {
    status: missing.length === 0 ? 'completed' : 'incomplete',
    manifest: store.objectKey(point.reference.key),
    tables: restored,
    missing,
    unprovedForeignKeys: unproved,
    durationSeconds: (Date.now() - startedAt.getTime()) / 1000,
  };
}

/** A database that was never reached was tried often enough: the user should know at once. */
function givenUp(error: unknown): unknown {
  if (!(error instanceof BackupError)) return error;
  const { code, message, hint, cause, exit } = error;
  return new BackupError(code, message, { hint, cause, exit });
}
