import { randomUUID } from 'node:crypto';
import { messageOf } from '../core/errors.ts';
import { passFaultPoint } from '../core/fault-points.ts';
import { shareRate, type SharedRate } from '../core/rate-limit.ts';
import { retry } from '../core/retry.ts';
import {
  removeAbandonedFolders,
  removeTemporaryFolder,
  temporaryFolder,
  type TemporaryFolder,
} from '../core/temporary-files.ts';
import { readDatabaseObjects } from '../postgres/read-database-objects.ts';
import { ChunkNames } from '../repository/chunks.ts';
import type { BackupInput } from './backup-input.ts';
import type { BackupResult } from './backup-result.ts';
import { commitRun } from './commit-run.ts';
import { forecastRun, type Forecast } from './forecast.ts';
import { asGivenUp, GiveWay } from './give-way.ts';
import { readLineage } from './lineage.ts';
import { dumpSchema } from './pg-dump/dump-schema.ts';
import { planRun } from './plan-run.ts';
import { ProgressCounter } from './progress-counter.ts';
import { openReaders, type Readers } from './readers.ts';
import { saveProgressWhile } from './save-progress.ts';
import { shipTables } from './ship-tables.ts';
import { SnapshotAge } from './snapshot-age.ts';
import type { Source } from './source.ts';
import { survey, type Survey } from './survey.ts';
import { rowsToShipOf } from './table-plan.ts';
import { asRetryable, givenUp, isConnectionLoss, mayTryAgain } from './try-again.ts';
import { takeSnapshot } from './take-snapshot.ts';
import { untilDurable } from './until-durable.ts';
import { withLocks } from './with-locks.ts';
import { Workers } from './workers/workers.ts';

/** Another snapshot is taken when one is lost; what was shipped until then counts. */
const snapshotRetry = { retries: 4, minWaitMs: 1000, maxWaitMs: 15_000 };

/**
 * Backs the tables up: one run, from lock to commit. It ends in a new restore point, or it never happened.
 *
 * @throws BackupError of any code; the checkpoint then holds what was shipped
 */
export async function runBackup(input: BackupInput): Promise<BackupResult> {
  const { maxRate, maxSnapshotAge } = input.settings;
  const rate = maxRate === undefined ? undefined : shareRate(maxRate);
  const progress = new ProgressCounter(input.reporter);
  const snapshotAge = new SnapshotAge(maxSnapshotAge, input.reporter);
  const names = new ChunkNames(0, input.startedAt);
  const run: Run = {
    id: randomUUID(),
    forecast: undefined,
    progress,
    names,
    rate,
    snapshotAge,
    giveWay: new GiveWay(input.reporter),
    workers: new Workers(input.settings, input.reporter),
    temporaryFolder: temporaryFolder(),
  };
  try {
    await removeAbandonedFolders();
    return await attemptAll(input, run);
  } finally {
    await removeTemporaryFolder(run.temporaryFolder);
  }
}

/** Goes on with a new snapshot where one got too old. */
async function attemptAll(input: BackupInput, run: Run): Promise<BackupResult> {
  for (let snapshots = 0; ; snapshots++) {
    const result = await attemptAgain(input, run, snapshots > 0);
    if (result) return result;
    input.reporter.log('info', 'The snapshot was given up: going on with a new one');
  }
}

/**
 * Tries again with a new snapshot where one was lost.
 *
 * @param hadSnapshot whether the run has given one up: the server may hear late that its lock is free
 */
async function attemptAgain(
  input: BackupInput,
  run: Run,
  hadSnapshot: boolean,
): Promise<BackupResult | undefined> {
  let lostOnce = hadSnapshot;
  const onlyForSource = (error: unknown): never => {
    const isGivenUp = lostOnce || run.workers.limit.isAlone;
    throw mayTryAgain(error, isGivenUp) ? asRetryable(error) : givenUp(error);
  };
  return retry(() => attempt(input, run).catch(onlyForSource), {
    policy: snapshotRetry,
    signal: input.signal,
    onRetry: (error) => {
      lostOnce = true;
      run.progress.retried();
      const problem = isConnectionLoss(error) ? 'connection error' : messageOf(error);
      input.reporter.log('error', `Failed to get ${nounOf(input)} chunk: ${problem}`, {
        reason: messageOf(error),
      });
      input.reporter.log('warn', 'Taking a new snapshot; finished chunks are kept');
    },
  });
}

interface Run {
  readonly id: string;
  readonly progress: ProgressCounter;
  /** For all attempts: what one of them had under way may still arrive in the store. */
  readonly names: ChunkNames;
  readonly rate: SharedRate | undefined;
  readonly snapshotAge: SnapshotAge;
  readonly giveWay: GiveWay;
  readonly workers: Workers;
  /** Of the first attempt. */
  forecast: Forecast | undefined;
  readonly temporaryFolder: TemporaryFolder;
}

/**
 * Has readers of its own: they end with the attempt, for one that is idle would go on holding back the source's vacuum by the
 * snapshot it adopted.
 *
 * @returns undefined when the snapshot got too old; what was shipped is in the checkpoint
 */
async function attempt(input: BackupInput, run: Run): Promise<BackupResult | undefined> {
  const pool = openReaders(input, run.rate);
  try {
    return await attemptWith(pool, input, run);
  } finally {
    await pool.close();
  }
}

async function attemptWith(pool: Readers, input: BackupInput, run: Run): Promise<BackupResult | undefined> {
  // 1. Lock: an advisory lock on the source, a lease in the store.
  return withLocks(input, run, async (source, lease, signal) => {
    const { store, settings } = input;

    // 2. Snapshot: what everything below sees.
    const found = await surveyAll(pool, input, run, source, signal);
    const { lineage, leftovers } = found;
    const snapshot = { ...found.snapshot, adoptable: found.snapshot.adoptable && !run.workers.limit.isAlone };

    const durable = untilDurable(input, source, found, signal);
    durable.catch(() => {});

    // 3. and 4. Plan and decide, range by range.
    const progress = { run, store, source, snapshot, lineage, leftovers, full: settings.full };
    const onNewRows = (copyBytes: number) => pool.expect(copyBytes, snapshot, signal);
    const planning = run.giveWay.during(source.session, () => planRun(input, source, found, onNewRows));
    const planned = await saveProgressWhile(planning, settings.checkpointFile, progress).catch(asGivenUp);
    if (!planned) return undefined;
    const [plan, checkpoint] = planned;
    pool.expectAll(plan.tables, snapshot, signal);
    passFaultPoint('backup.planned');
    const forecast = (run.forecast ??= forecastRun(plan.tables, settings, lineage.manifest?.statistics));

    // What the tables need around them.
    const definitions = [...plan.tables.map(({ definition }) => definition), ...plan.partitionedTables];
    const objects = await readDatabaseObjects(source.session, definitions);
    const schemaDump = await dumpSchema({ input, source, snapshot: found.snapshot, lineage, signal });

    // 5. Ship what differs.
    await found.scans.end();
    await pool.makeRoom();
    run.names.startAfter(leftovers.lastChunkNumber);
    passFaultPoint('backup.checkpoint.opened');
    // A session that reads rows itself cannot be asked meanwhile.
    if (!snapshot.adoptable) await durable;
    const parts = { input, run: { ...run, pool }, source, snapshot, durable, signal };
    const isTooOld = run.snapshotAge.watch(
      found.takenAt,
      rowsToShipOf(plan.tables),
      run.progress.rowsShipped,
    );
    const shipped = await run.giveWay.during(source.session, () =>
      shipTables(plan.tables, { ...parts, checkpoint, isTooOld: () => isTooOld() || run.giveWay.isNeeded }),
    );
    if (!shipped) return undefined;
    passFaultPoint('backup.shipped');
    await pool.leave();

    // 6. Commit: the manifest last, then the checkpoint is cleared.
    await lease.confirm();
    return commitRun(shipped, { ...parts, lineage, plan, objects, schemaDump, forecast });
  });
}

/** What the store holds is read beside the source's catalogue. */
async function surveyAll(
  pool: Readers,
  input: BackupInput,
  run: Run,
  source: Source,
  signal: AbortSignal,
): Promise<Survey> {
  const { store, settings } = input;
  return survey(input, source, {
    lineage: readLineage(store, source.identity, settings.full, signal).then((lineage) => {
      if (!lineage.manifest) pool.start();
      return lineage;
    }),
    takeSnapshot: async () => {
      run.giveWay.begin();
      return takeSnapshot(input, source);
    },
    isAlone: run.workers.limit.isAlone,
    sessions: pool.sessions,
    rate: run.rate,
    isGivenUp: () => run.giveWay.isNeeded,
  });
}

function nounOf(input: BackupInput): string {
  return input.settings.tables.length === 1 ? (input.settings.tables[0] ?? 'table') : 'table';
}
