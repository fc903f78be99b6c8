import { messageOf } from '../core/errors.ts';
import { passFaultPoint } from '../core/fault-points.ts';
import {
  formatVersion,
  manifestFormat,
  type DatabaseObjects,
  type Manifest,
  type ManifestTable,
  type RunStatistics,
  type SchemaDump,
} from '../format/manifest.ts';
import { bytesOfChunks } from '../format/table-entries.ts';
import type { Snapshot } from '../postgres/snapshot.ts';
import { commitManifest } from '../repository/commit-manifest.ts';
import type { BackupInput } from './backup-input.ts';
import type { BackupResult, TableResult } from './backup-result.ts';
import type { Forecast } from './forecast.ts';
import type { Lineage } from './lineage.ts';
import type { RunPlan } from './plan-run.ts';
import type { ProgressCounter } from './progress-counter.ts';
import { requireSnapshot } from './require-snapshot.ts';
import { clearProgress } from './save-progress.ts';
import type { Shipped } from './ship-tables.ts';
import type { Source } from './source.ts';
import type { Workers } from './workers/workers.ts';

export interface CommitInput {
  readonly input: BackupInput;
  readonly run: { readonly id: string; readonly progress: ProgressCounter; readonly workers: Workers };
  readonly source: Source;
  readonly snapshot: Snapshot;
  /** Resolves when no crash of the source takes back what the snapshot shows. */
  readonly durable: Promise<void>;
  readonly lineage: Lineage;
  readonly plan: Pick<RunPlan, 'partitionedTables' | 'uncovered'>;
  readonly objects: DatabaseObjects;
  readonly schemaDump: SchemaDump | null;
  readonly forecast: Forecast;
  readonly signal: AbortSignal;
}

/**
 * Puts the manifest, when every chunk it names is durable, the snapshot is so in the source, and it was held to the end (laws 1, 2
 * and 3), and then clears the checkpoint.
 */
export async function commitRun(shipped: Shipped, parts: CommitInput): Promise<BackupResult> {
  const { input, source, lineage, durable, signal } = parts;
  await durable;
  await requireSnapshot(source.session);
  signal.throwIfAborted();
  const outcomes = shipped.shipments.map((shipment) => {
    const table = shipment.toManifestTable();
    return { table, result: shipment.toResult(table) };
  });
  const tables = outcomes.map(({ table }) => table);
  const results = outcomes.map(({ result }) => result);
  const bytes = tables.reduce((total, { chunks }) => total + bytesOfChunks(chunks), 0);
  const statistics = statisticsOf(bytes, results, parts);
  const compose = (committedAt: Date) =>
    composeManifest(tables, shipped.lastChunkNumber, statistics, parts, committedAt);
  const { reference } = await commitManifest(input.store, compose, lineage.parent?.committedAt, signal);
  passFaultPoint('backup.manifest.stored');
  await clearProgress(input.settings.checkpointFile, input.store, source, reference).catch(
    (error: unknown) => {
      input.reporter.log(
        'warn',
        `The run is committed, but its checkpoint could not be cleared: ${messageOf(error)}`,
      );
    },
  );
  passFaultPoint('backup.checkpoint.cleared');
  // Once more: the commit has its bytes, its time and perhaps its retries.
  return toResult(reference.key, results, statisticsOf(bytes, results, parts), parts);
}

function toResult(
  manifest: string,
  tables: readonly TableResult[],
  statistics: RunStatistics,
  { input, run, snapshot, forecast }: CommitInput,
): BackupResult {
  const { requests, throttled } = input.store.statistics();
  return {
    status: 'completed',
    manifest: input.store.objectKey(manifest),
    runId: run.id,
    snapshot: snapshot.facts,
    tables,
    bytesUploaded: statistics.bytesUploaded,
    durationSeconds: statistics.durationSeconds,
    articlesPerSecond: Math.round((10 * statistics.rows) / Math.max(statistics.durationSeconds, 0.001)) / 10,
    peakRssBytes: statistics.peakRssBytes,
    rowsShipped: statistics.rowsShipped,
    chunksWritten: statistics.chunksWritten,
    retries: statistics.retries,
    requests,
    throttled,
    workers: run.workers.summary,
    forecast,
  };
}

function composeManifest(
  tables: readonly ManifestTable[],
  lastChunkNumber: number,
  statistics: RunStatistics,
  { input, run, source, snapshot, lineage, plan, objects, schemaDump }: CommitInput,
  committedAt: Date,
): Manifest {
  const { chunkSize, chunkBytes, compression } = input.settings;
  return {
    format: manifestFormat,
    formatVersion,
    runId: run.id,
    startedAt: input.startedAt.toISOString(),
    committedAt: committedAt.toISOString(),
    program: { name: 'storydredge-backup', version: input.version },
    parent: lineage.parent?.reference ?? null,
    compaction: false,
    source: source.identity,
    snapshot: snapshot.facts,
    settings: { chunkSize: chunkSize ?? null, chunkBytes, compression },
    statistics,
    lastChunkNumber,
    schemaDump,
    tables,
    partitionedTables: plan.partitionedTables,
    uncovered: plan.uncovered,
    repairs: [],
    damagedChunks: [],
    ...objects,
  };
}

/** @param bytes of all chunks of the restore point */
function statisticsOf(
  bytes: number,
  results: readonly TableResult[],
  { input, run }: CommitInput,
): RunStatistics {
  const sum = (field: 'rows' | 'rowsShipped' | 'chunksWritten' | 'chunksReused') =>
    results.reduce((total, result) => total + result[field], 0);
  const { bytesUploaded, retries } = input.store.statistics();
  return {
    durationSeconds: (Date.now() - input.startedAt.getTime()) / 1000,
    rows: sum('rows'),
    rowsShipped: sum('rowsShipped'),
    chunksWritten: sum('chunksWritten'),
    chunksReused: sum('chunksReused'),
    bytesUploaded,
    retries: retries + run.progress.retries,
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
    tables: results.length,
    bytes,
  };
}
