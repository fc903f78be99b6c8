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
import { prepareBase } from './ship-base.ts';
import { ShipContext, type ShipSettings, type Upload } from './ship-context.ts';
import { preparePatches } from './ship-patches.ts';
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

/**
 * Carries the plans out, ranges in parallel. The checkpoint is told of a range before its chunks are put, so that none is
 * stored that nobody knows of, and confirms them once they are durable: only then do they count as finished (law 3).
 */
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
  const finish = async (ends: readonly PatchedOrBase[], uploads: readonly Upload[]) => {
    const chunks = uploads.map(({ entry }) => entry);
    const ranges = ends.flatMap(({ step, ranges: all }) => all.map((range) => ({ step, range })));
    for (const { step, range } of ranges) await checkpoint.append(entryOf(shipment, step, range, chunks));
    for (const upload of uploads) await context.put(shipment, upload);
    await checkpoint.confirm(chunks.map(({ number }) => number));
    for (const { step, ranges: all } of ends) shipment.finish(step, all);
  };
  const jobs = plan.steps
    .filter((step) => step.kind === 'base')
    .map((step) => async () => {
      const { ranges, uploads } = await prepareBase(context, shipment, step);
      await finish([{ step, ranges }], uploads);
    });
  const patchJobs = groupPatches(plan.steps, settings.chunkSize).map((steps) => async () => {
    const { patched, uploads } = await preparePatches(context, shipment, steps);
    await finish(patched, uploads);
  });
  return [...patchJobs, ...jobs];
}

interface PatchedOrBase {
  readonly step: RangeStep;
  readonly ranges: readonly RangeEntry[];
}

function entryOf(
  { plan }: TableShipment,
  step: RangeStep,
  range: RangeEntry,
  written: readonly ChunkEntry[],
): CheckpointEntry {
  const numbers = new Set([range.base, ...range.patches.map(({ chunk }) => chunk)]);
  const replaced = step.kind === 'base' ? step.replaces : step.known;
  return {
    tableOid: plan.definition.oid,
    structure: plan.progressStructure,
    range,
    chunks: written.filter(({ number }) => numbers.has(number)),
    replaces: replaced ? { lo: replaced.lo, hi: replaced.hi } : null,
  };
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
