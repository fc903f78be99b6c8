import type { ChunkEntry, Manifest, ManifestTable, Repair } from '../../format/manifest.ts';
import type { StoredManifest } from '../../repository/manifests.ts';
import { madeOf } from '../../retention/commit-compaction.ts';
import type { DamagedRange } from './find-damage.ts';
import type { RepairInput } from './repair-input.ts';
import type { Replacement } from './replacement.ts';

export interface RepairToCommit {
  readonly input: RepairInput;
  readonly runId: string;
  readonly parent: StoredManifest;
  readonly damaged: readonly DamagedRange[];
  readonly replaced: ReadonlyMap<DamagedRange, Replacement>;
  readonly lastChunkNumber: number;
}

/** Numbers of the chunks that ranges need which could not be replaced. */
export function remainingChunks({
  damaged,
  replaced,
}: Pick<RepairToCommit, 'damaged' | 'replaced'>): number[] {
  const remaining = damaged.filter((range) => !replaced.has(range));
  const numbers = new Set(remaining.flatMap(({ chunks }) => chunks.map(({ number }) => number)));
  return [...numbers].sort((a, b) => a - b);
}

/**
 * The manifest that says the same of the same snapshot as its parent, with sound chunks in the place of damaged ones as far as
 * there are any. The damaged objects stay: they are immutable, and older manifests name them (law 5).
 */
export function composeRepaired(parts: RepairToCommit, committedAt: Date): Manifest {
  const { input, runId, parent, lastChunkNumber } = parts;
  const tables = parent.manifest.tables.map((table) => repairTable(table, parts));
  return {
    ...madeOf(parent, input, runId, committedAt),
    statistics: statisticsOf(tables, parts),
    lastChunkNumber,
    tables,
    repairs: repairsOf(parts),
    damagedChunks: remainingChunks(parts),
  };
}

function repairTable(table: ManifestTable, { damaged, replaced }: RepairToCommit): ManifestTable {
  const own = new Map<number, Replacement>();
  for (const one of damaged) {
    const replacement = one.table === table ? replaced.get(one) : undefined;
    if (replacement) own.set(one.position, replacement);
  }
  if (own.size === 0) return table;
  const ranges = table.ranges.map((range, position) => own.get(position)?.range ?? range);
  const used = new Set(ranges.flatMap(({ base, patches }) => [base, ...patches.map(({ chunk }) => chunk)]));
  const chunks = new Map<number, ChunkEntry>();
  for (const chunk of table.chunks) chunks.set(chunk.number, chunk);
  for (const { chunk } of own.values()) chunks.set(chunk.number, chunk);
  const kept = [...chunks.values()].filter(({ number }) => used.has(number));
  return { ...table, ranges, chunks: kept.sort((a, b) => a.number - b.number) };
}

function repairsOf({ damaged, replaced }: RepairToCommit): Repair[] {
  return damaged.flatMap((one) => {
    const replacement = replaced.get(one);
    if (!replacement) return [];
    const { schema, name } = one.table;
    const { lo, hi, rows } = one.range;
    const numbers = (chunks: readonly ChunkEntry[]) => chunks.map(({ number }) => number);
    const replaces = numbers(one.chunks);
    return [
      { schema, name, lo, hi, rows, replaces, chunks: numbers([replacement.chunk]), from: replacement.from },
    ];
  });
}

function statisticsOf(
  tables: readonly ManifestTable[],
  { input, parent, replaced }: RepairToCommit,
): Manifest['statistics'] {
  const written = Array.from(replaced.values(), ({ chunk }) => chunk);
  const { bytesUploaded, retries } = input.store.statistics();
  return {
    durationSeconds: (Date.now() - input.startedAt.getTime()) / 1000,
    rows: parent.manifest.statistics.rows,
    rowsShipped: written.reduce((sum, { rows }) => sum + rows, 0),
    chunksWritten: written.length,
    chunksReused: tables.reduce((sum, { chunks }) => sum + chunks.length, 0) - written.length,
    bytesUploaded,
    retries,
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
    tables: tables.length,
    bytes: tables.reduce((sum, { chunks }) => sum + chunks.reduce((total, { bytes }) => total + bytes, 0), 0),
  };
}
