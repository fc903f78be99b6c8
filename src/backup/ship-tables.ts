import type { ChunkNames } from '../repository/chunks.ts';
import type { CheckpointWriter } from '../repository/checkpoint.ts';
import { presentRate, type SharedRate } from '../core/rate-limit.ts';
import type { TemporaryFolder } from '../core/temporary-files.ts';
import type { Snapshot } from '../postgres/snapshot.ts';
import type { BackupInput } from './backup-input.ts';
import type { ProgressCounter } from './progress-counter.ts';
import type { Readers } from './readers.ts';
import { runJobs, type Job } from './run-jobs.ts';
import { groupNeighbours, groupPatches } from './group-steps.ts';
import { shipBase } from './ship-base.ts';
import { ShipContext } from './ship-context.ts';
import { shipNeighbours } from './ship-neighbours.ts';
import { shipPatches } from './ship-patches.ts';
import { TableShipment } from './shipment.ts';
import type { Source } from './source.ts';
import { rowsToShipOf, type TablePlan } from './table-plan.ts';
import { rangesOf } from './workers/worker-limit.ts';
import type { Workers } from './workers/workers.ts';

export interface ShipInput {
  readonly input: BackupInput;
  readonly run: {
    readonly progress: ProgressCounter;
    readonly names: ChunkNames;
    readonly pool: Readers;
    readonly rate: SharedRate | undefined;
    readonly temporaryFolder: TemporaryFolder;
    readonly workers: Workers;
  };
  readonly source: Source;
  readonly snapshot: Snapshot;
  readonly durable: Promise<void>;
  readonly checkpoint: CheckpointWriter;
  /** Whether no further range may begin in this snapshot. */
  readonly isTooOld: () => boolean;
  readonly signal: AbortSignal;
}

export interface Shipped {
  readonly shipments: readonly TableShipment[];
  readonly lastChunkNumber: number;
}

/**
 * Carries the plans out, ranges in parallel.
 *
 * @returns undefined where the snapshot got too old before all had begun: what was shipped is in the checkpoint
 */
export async function shipTables(
  plans: readonly TablePlan[],
  parts: ShipInput,
): Promise<Shipped | undefined> {
  const { input, run, source, snapshot, signal } = parts;
  const stop = new AbortController();
  const context = new ShipContext({
    settings: input.settings,
    snapshot,
    durable: parts.durable,
    leader: source.session,
    pool: run.pool,
    workers: run.workers.limit,
    store: input.store,
    checkpoint: parts.checkpoint,
    rate: run.rate,
    temporaryFolder: run.temporaryFolder,
    names: run.names,
    reporter: input.reporter,
    progress: run.progress,
    signal: AbortSignal.any([signal, stop.signal]),
  });
  const total = rowsToShipOf(plans);
  const only = plans.length === 1 ? plans[0]?.definition.name : undefined;
  run.progress.start(
    `backing up ${only ?? `${plans.length} tables`}`,
    only === 'articles' ? only : 'rows',
    total,
  );
  const gate = new Gate(parts.isTooOld);
  const limit = (job: Job) => run.workers.limit.range(job);
  const endWatch = total > 0 ? watchWorkers(parts) : noWatch;
  const shipments: TableShipment[] = [];
  try {
    for (const plan of plans) {
      const shipment = new TableShipment(plan, snapshot.facts.xmin);
      await runJobs(
        gate.guard(jobsOf(context, shipment, input.settings.maxWorkers)),
        rangesOf(input.settings.maxWorkers),
        limit,
        stop,
      );
      shipments.push(shipment);
    }
  } finally {
    await endWatch();
    await parts.checkpoint.close();
  }
  return gate.isShut ? undefined : { shipments, lastChunkNumber: run.names.last };
}

/** Ranges are read in groups only while there are so many groups for each range under way: all workers end together. */
const groupsPerRange = 4;

/** Lets jobs begin, one in any case, until the snapshot is too old. */
class Gate {
  readonly #isTooOld: () => boolean;
  #isUsed = false;
  #isShut = false;

  constructor(isTooOld: () => boolean) {
    this.#isTooOld = isTooOld;
  }

  get isShut(): boolean {
    return this.#isShut;
  }

  *guard(jobs: Iterable<Job>): Generator<Job> {
    for (const job of jobs) {
      yield async () => {
        if (this.#isUsed && this.#isTooOld()) this.#isShut = true;
        if (this.#isShut) return;
        this.#isUsed = true;
        await job();
      };
    }
  }
}

const noWatch = () => Promise.resolve();

/** Adapts the number of workers until the function that it returns is called. */
function watchWorkers({ input: { store }, run, source, snapshot }: ShipInput): () => Promise<void> {
  const { workers, progress, pool } = run;
  if (snapshot.adoptable) {
    const counts = () => {
      const { throttled } = store.statistics();
      const maxRate = run.rate ? presentRate(run.rate) : Number.POSITIVE_INFINITY;
      return { chunks: progress.chunks, bytes: progress.copyBytes, throttled, maxRate };
    };
    return workers.watch(source.session, counts, pool.mostSessions);
  }
  workers.readAlone();
  return () => Promise.resolve();
}

/** Each made when it may begin: a first run of a large table has as many as a million (law 9). */
function* jobsOf(context: ShipContext, shipment: TableShipment, maxWorkers: number): Generator<Job> {
  const { plan } = shipment;
  const { settings } = context.parts;
  logDecisions(context, plan);
  for (const steps of groupPatches(plan, settings)) {
    const ship = () => shipPatches(context, shipment, steps);
    const isAdded = steps.every(({ change }) => change === 'inserts');
    yield isAdded ? ship : () => context.parts.workers.updates(ship);
  }
  const leastGroups = context.mayScanMeanwhile ? rangesOf(maxWorkers) * groupsPerRange : Infinity;
  for (const steps of groupNeighbours(plan, settings, leastGroups)) {
    if (steps.length === 1) yield () => shipBase(context, shipment, steps[0]);
    else yield () => shipNeighbours(context, shipment, steps);
  }
}

function logDecisions(context: ShipContext, plan: TablePlan): void {
  for (const step of plan.steps) {
    context.parts.reporter.log(
      'debug',
      `Range ${JSON.stringify(step.lo)} to ${JSON.stringify(step.hi)}: ${step.kind}`,
      {
        table: plan.definition.name,
        rows: step.scan.rows,
        reason: step.reason,
      },
    );
  }
}
