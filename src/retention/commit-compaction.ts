import type { Entries } from '../format/entries.ts';
import { BackupError } from '../core/errors.ts';
import { formatVersion, type ChunkEntry, type Manifest, type RunStatistics } from '../format/manifest.ts';
import { commitManifest } from '../repository/commit-manifest.ts';
import type { Lease } from '../repository/lease.ts';
import { listRestorePoints, type StoredManifest } from '../repository/manifests.ts';
import type { Store } from '../store/store.ts';
import type { CompactInput } from './compact-input.ts';
import type { CompactTable } from './compact-table.ts';

export interface CompactionToCommit {
  readonly input: CompactInput;
  readonly runId: string;
  readonly parent: StoredManifest;
  /** Every table of the parent, merged or not. */
  readonly tables: readonly CompactTable[];
  readonly lastChunkNumber: number;
  readonly lease: Lease;
  readonly signal: AbortSignal;
}

/**
 * Puts a manifest that says the same of the same snapshot as its parent, with other chunks (laws 2 and 3: last). Nothing is
 * committed beside a manifest that came in between, which would be lost to the runs that follow.
 *
 * @throws BackupError E_STORE_LOCKED
 */
export async function commitCompaction(parts: CompactionToCommit): Promise<StoredManifest> {
  return commitAfter(parts.input.store, parts, (committedAt) => composeManifest(parts, committedAt));
}

/**
 * Puts a manifest as the next one after its parent, which must be the newest still.
 *
 * @throws BackupError E_STORE_LOCKED
 */
export async function commitAfter(
  store: Store,
  { parent, lease, signal }: Pick<CompactionToCommit, 'parent' | 'lease' | 'signal'>,
  compose: (committedAt: Date) => Manifest,
): Promise<StoredManifest> {
  await lease.confirm();
  signal.throwIfAborted();
  const newest = (await listRestorePoints(store, signal)).at(-1);
  if (newest?.key !== parent.reference.key) {
    throw new BackupError('E_STORE_LOCKED', 'another run changed the list of restore points meanwhile', {
      hint: 'Nothing was committed. Run this command again.',
    });
  }
  return commitManifest(store, compose, newest.committedAt, signal);
}

/** What a manifest that holds the rows of its parent, as of the same snapshot, says anew whatever its chunks are. */
export function madeOf(
  parent: StoredManifest,
  { startedAt, version }: Pick<CompactInput, 'startedAt' | 'version'>,
  runId: string,
  committedAt: Date,
): Manifest {
  return {
    ...parent.manifest,
    formatVersion,
    runId,
    startedAt: startedAt.toISOString(),
    committedAt: committedAt.toISOString(),
    program: { name: 'storydredge-backup', version },
    parent: parent.reference,
    compaction: true,
  };
}

function composeManifest(parts: CompactionToCommit, committedAt: Date): Manifest {
  const { input, runId, parent, tables, lastChunkNumber } = parts;
  const { chunkSize, chunkBytes, compression } = input.settings;
  return {
    ...madeOf(parent, input, runId, committedAt),
    settings: { chunkSize: chunkSize ?? null, chunkBytes, compression },
    statistics: statisticsOf(input, tables),
    lastChunkNumber,
    repairs: [],
    tables: tables.map(({ table }) => table),
  };
}

function statisticsOf(input: CompactInput, tables: readonly CompactTable[]): RunStatistics {
  const written = tables.flatMap((table) => table.written);
  const { bytesUploaded, retries } = input.store.statistics();
  return {
    durationSeconds: (Date.now() - input.startedAt.getTime()) / 1000,
    rows: tables.reduce((sum, { table }) => sum + table.rows, 0),
    rowsShipped: written.reduce((sum, { rows }) => sum + rows, 0),
    chunksWritten: written.length,
    chunksReused: tables.reduce((sum, { table }) => sum + table.chunks.length, 0) - written.length,
    bytesUploaded,
    retries,
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
    tables: tables.length,
    bytes: tables.reduce((sum, { table }) => sum + bytesOf(table.chunks), 0),
  };
}

function bytesOf(chunks: Entries<ChunkEntry>): number {
  return chunks.reduce((sum, { bytes }) => sum + bytes, 0);
}
