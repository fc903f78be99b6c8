import { passFaultPoint } from '../core/fault-points.ts';
import { randomUUID } from 'node:crypto';
import type { ChunkEntry } from '../format/manifest.ts';
import { chooseTables } from '../postgres/choose-tables.ts';
import { ChunkNames, listChunksAfter } from '../repository/chunks.ts';
import { Lease } from '../repository/lease.ts';
import { listRestorePoints, type StoredManifest } from '../repository/manifests.ts';
import { findRestorePoint, locateRestorePoint } from '../repository/restore-points.ts';
import { moveCheckpoint, readOwnCheckpoint } from './checkpoint-head.ts';
import { commitCompaction } from './commit-compaction.ts';
import type { CompactInput, CompactResult } from './compact-input.ts';
import { compactTable, type CompactTable, type TableCompaction } from './compact-table.ts';
import { Compactor } from './compactor.ts';
import { planCompaction } from './plan-compaction.ts';

/**
 * Merges small neighbouring ranges of the newest restore point, and folds patches into their bases, from the store alone:
 * the source is not touched. It ends in a new restore point with the same rows as of the same snapshot, or it never
 * happened; chunks of a run that was killed are named by no manifest, and mean nothing (law 4).
 *
 * @throws BackupError E_MANIFEST_NOT_FOUND, E_STORE_LOCKED, E_RUN_UNFINISHED, E_CHUNK_DAMAGED and those of the store
 */
export async function runCompact(input: CompactInput): Promise<CompactResult> {
  const { store, signal } = input;
  // A store without restore points is left as it is.
  locateRestorePoint(store, await listRestorePoints(store, signal), 'latest');
  const runId = randomUUID();

  // 1. Lock: the lease in the store. No advisory lock goes with it, so none allows to take it over.
  const holder = {
    runId,
    source: `compact ${runId}`,
    startedAt: input.startedAt,
    breakLock: input.settings.breakLock,
  };
  const lease = await Lease.acquire(store, holder, input.reporter, signal);
  passFaultPoint('compact.locked');
  try {
    return await compact(input, runId, lease, AbortSignal.any([signal, lease.lost]));
  } finally {
    await lease.release();
  }
}

/** What `runCompact` would do: only reads the newest manifest. */
export async function dryRunCompact(input: CompactInput): Promise<readonly TableCompaction[]> {
  return planAll(await findRestorePoint(input.store, 'latest', input.signal), input);
}

async function compact(
  input: CompactInput,
  runId: string,
  lease: Lease,
  signal: AbortSignal,
): Promise<CompactResult> {
  // 2. Plan, from the newest manifest.
  const parent = await findRestorePoint(input.store, 'latest', signal);
  const plans = planAll(parent, input);
  if (plans.every(({ groups }) => groups.length === 0)) return resultOf(input, parent, undefined, []);
  const checkpoint = await readOwnCheckpoint(input, parent.reference);

  passFaultPoint('compact.planned');

  // 3. Merge and ship, table by table.
  const names = await nameChunks(input, parent, signal);
  const tables = await compactAll(plans, input, names, signal);
  if (tables.every(({ written }) => written.length === 0)) return resultOf(input, parent, undefined, []);

  // 4. Commit: the manifest, then the checkpoint is told.
  const lastChunkNumber = names.last;
  const committed = await commitCompaction({ input, runId, parent, tables, lastChunkNumber, lease, signal });
  passFaultPoint('compact.manifest.stored');
  await moveCheckpoint(checkpoint, committed.reference, input);
  passFaultPoint('compact.checkpoint.moved');
  return resultOf(input, parent, committed, tables);
}

function planAll({ manifest }: StoredManifest, { settings }: CompactInput): TableCompaction[] {
  const chosen = new Set(chooseTables(manifest, settings.tables));
  return manifest.tables.map((table) => ({
    table,
    groups: chosen.has(table) ? planCompaction(table, settings) : [],
  }));
}

/** Names above all that are in the store: those of runs that did not commit, too. */
async function nameChunks(
  { store, startedAt }: CompactInput,
  { manifest }: StoredManifest,
  signal: AbortSignal,
): Promise<ChunkNames> {
  const names = new ChunkNames(manifest.lastChunkNumber, startedAt);
  const stored = await listChunksAfter(store, manifest.lastChunkNumber, signal);
  for (const { number } of stored.values()) names.startAfter(number);
  return names;
}

async function compactAll(
  plans: readonly TableCompaction[],
  input: CompactInput,
  names: ChunkNames,
  signal: AbortSignal,
): Promise<CompactTable[]> {
  const compactor = new Compactor({ input, names, signal, wrote: progressOf(plans, input) });
  try {
    const tables: CompactTable[] = [];
    for (const plan of plans) tables.push(await compactTable(plan, compactor, input.settings.maxWorkers));
    return tables;
  } finally {
    await compactor.close();
  }
}

function progressOf(
  plans: readonly TableCompaction[],
  { reporter }: CompactInput,
): (chunk: ChunkEntry) => void {
  const totalRows = plans.flatMap(({ groups }) => groups).reduce((sum, group) => sum + group.rows, 0);
  let [rows, chunks, bytes] = [0, 0, 0];
  const tell = () => reporter.progress({ phase: 'compacting', rows, totalRows, chunks, bytes });
  tell();
  return (chunk) => {
    rows += chunk.rows;
    chunks += 1;
    bytes += chunk.bytes;
    tell();
  };
}

function resultOf(
  { store, startedAt }: CompactInput,
  parent: StoredManifest,
  committed: StoredManifest | undefined,
  tables: readonly CompactTable[],
): CompactResult {
  const written = tables.flatMap((table) => table.written);
  return {
    status: 'completed',
    manifest: committed ? store.objectKey(committed.reference.key) : null,
    parent: store.objectKey(parent.reference.key),
    tables: tables.filter((table) => table.written.length > 0).map(({ result }) => result),
    rowsRewritten: written.reduce((sum, { rows }) => sum + rows, 0),
    chunksWritten: written.length,
    bytesUploaded: store.statistics().bytesUploaded,
    durationSeconds: (Date.now() - startedAt.getTime()) / 1000,
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
  };
}
