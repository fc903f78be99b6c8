import type { CheckpointEntry } from '../format/checkpoint.ts';
import type { ChunkEntry, RangeEntry } from '../format/manifest.ts';
import type { ChunkNames } from '../repository/chunks.ts';
import type { CheckpointWriter } from '../repository/checkpoint.ts';
import type { ThreadPool } from '../core/threads/pool.ts';
import type { Snapshot } from '../postgres/snapshot.ts';
import type { BackupInput } from './backup-input.ts';
import type { ProgressCounter } from './progress-counter.ts';
import type { ReadJob, ReadResult } from './read-job.ts';
import { runJobs, type Job } from './run-jobs.ts';
import { shipBase } from './ship-base.ts';
import { ShipContext, type ShipSettings } from './ship-context.ts';
import { shipPatches } from './ship-patches.ts';
import { TableShipment } from './shipment.ts';
import type { Source } from './source.ts';
import { rowsToShip, type PatchStep, type RangeStep, type TablePlan } from './table-plan.ts';

export interface ShipInput {
  readonly input: BackupInput;
  readonly run: {
    readonly progress: ProgressCounter;
    readonly names: ChunkNames;
    readonly pool: ThreadPool<ReadJob, ReadResult>;
  };
  readonly source: Source;
  readonly snapshot: Snapshot;
  readonly checkpoint: CheckpointWriter;
  readonly signal: AbortSignal;
}

export interface Shipped {
  readonly shipments: readonly TableShipment[];
  readonly lastChunkNumber: number;
}

/** Carries the plans out: ranges in parallel, each saved in the checkpoint once its chunks are durable (law 3). */
export async function shipTables(plans: readonly TablePlan[], parts: ShipInput): Promise<Shipped> {
  const { input, run, source, snapshot, signal } = parts;
  const stop = new AbortController();
  const context = new ShipContext({
    settings: input.settings,
    snapshot,
    leader: source.session,
    pool: run.pool,
    store: input.store,
    names: run.names,
    reporter: input.reporter,
    progress: run.progress,
    signal: AbortSignal.any([signal, stop.signal]),
  });
  const total = plans.flatMap(({ steps }) => steps).reduce((sum, step) => sum + rowsToShip(step), 0);
  const only = plans.length === 1 ? plans[0]?.definition.name : undefined;
  run.progress.start(
    `backing up ${only ?? `${plans.length} tables`}`,
    only === 'articles' ? only : 'rows',
    total,
  );
  const shipments: TableShipment[] = [];
  try {
    for (const plan of plans) {
      const shipment = new TableShipment(plan);
      await runJobs(jobsOf(context, shipment, parts), rangesAtOnce(input.settings), stop);
      shipments.push(shipment);
    }
  } finally {
    await parts.checkpoint.close();
  }
  return { shipments, lastChunkNumber: run.names.last };
}

/** So many ranges are under way for each reader: one is read while others are stored. */
const rangesPerWorker = 1.5;

function rangesAtOnce({ maxWorkers }: ShipSettings): number {
  return Math.ceil(maxWorkers * rangesPerWorker);
}

function jobsOf(context: ShipContext, shipment: TableShipment, { checkpoint }: ShipInput): Job[] {
  const { plan } = shipment;
  logDecisions(context, plan);
  const { snapshotXmin } = context;
  const { settings } = context.parts;
  for (const step of plan.steps) {
    if (step.kind === 'reuse')
      shipment.finish(step, [{ ...step.known, asOf: snapshotXmin, recent: step.recent }]);
  }
  const finish = async (step: RangeStep, ranges: readonly RangeEntry[]) => {
    shipment.finish(step, ranges);
    for (const range of ranges) await checkpoint.append(entryOf(shipment, step, range));
  };
  const jobs = plan.steps
    .filter((step) => step.kind === 'base')
    .map((step) => async () => finish(step, await shipBase(context, shipment, step)));
  const patchJobs = groupPatches(plan.steps, settings.chunkSize).map((steps) => async () => {
    for (const { step, ranges } of await shipPatches(context, shipment, steps)) await finish(step, ranges);
  });
  return [...patchJobs, ...jobs];
}

function entryOf(shipment: TableShipment, step: RangeStep, range: RangeEntry): CheckpointEntry {
  const { definition, progressStructure } = shipment.plan;
  const numbers = [range.base, ...range.patches.map(({ chunk }) => chunk)];
  const chunks = numbers
    .map((number) => shipment.written(number))
    .filter((chunk): chunk is ChunkEntry => chunk !== undefined);
  const replaced = step.kind === 'base' ? step.replaces : step.known;
  const replaces = replaced ? { lo: replaced.lo, hi: replaced.hi } : null;
  return { tableOid: definition.oid, structure: progressStructure, range, chunks, replaces };
}

/** Patches of neighbouring ranges, together in chunks of at most so many rows. */
function groupPatches(steps: readonly RangeStep[], mostRows: number): PatchStep[][] {
  const groups: PatchStep[][] = [];
  let rows = Infinity;
  for (const step of steps) {
    if (step.kind !== 'patch') continue;
    const last = groups.at(-1);
    if (last && rows + step.fresh.length <= mostRows) last.push(step);
    else {
      groups.push([step]);
      rows = 0;
    }
    rows += step.fresh.length;
  }
  return groups;
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
