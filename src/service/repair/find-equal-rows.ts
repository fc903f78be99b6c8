import { fitInMemory } from '../../chunk/most-in-memory.ts';
import { openChunk } from '../../chunk/open-chunk.ts';
import { BackupError } from '../../core/errors.ts';
import { releaseMemory } from '../../core/release-memory.ts';
import type { ChunkLookup } from '../../format/chunk-lookup.ts';
import type { ChunkEntry, ManifestTable, RangeEntry } from '../../format/manifest.ts';
import { keyPositions, mergeKey } from '../../format/merge-key.ts';
import { getChunk } from '../../repository/chunks.ts';
import { PatchRows, type UsedChunk } from '../../repository/patch-rows.ts';
import { listRestorePoints, readManifest, type StoredManifest } from '../../repository/manifests.ts';
import { fetchRange, storedTable, type StoredTable } from '../../repository/range-rows.ts';
import type { MergedRows } from '../../retention/compact-job.ts';
import { mergeRanges } from '../../retention/merge-ranges.ts';
import type { DamagedRange } from './find-damage.ts';
import type { Progress } from './replacement.ts';
import { storeRows, type RepairParts } from './store-rows.ts';

/**
 * Looks in the other restore points, the newest first, for ranges with the same rows in other chunks: a run with `--full` or a
 * compaction has written them twice. Their rows are put together, and so proved, and stored again.
 */
export async function findEqualRows(
  ranges: readonly DamagedRange[],
  parent: StoredManifest,
  progress: Progress,
  parts: RepairParts,
): Promise<void> {
  const { signal } = parts;
  const { store } = parts.input;
  const damagedKeys = new Set(ranges.flatMap(({ chunks }) => chunks.map(({ key }) => key)));
  const points = await listRestorePoints(store, signal);
  for (const { key } of points.toReversed()) {
    const wanted = ranges.filter((range) => !progress.replaced.has(range));
    if (wanted.length === 0) return;
    if (key === parent.reference.key) continue;
    const other = await readManifest(store, key, signal).catch(skipDamaged);
    for (const table of other?.manifest.tables ?? []) {
      const own = wanted.filter((one) => isSameTable(one.table, table));
      const byRows = new Map(own.map((one) => [rowsOf(one.range), one]));
      if (byRows.size === 0) continue;
      const stored = storedTable(table);
      for (const range of table.ranges) {
        const damaged = byRows.get(rowsOf(range));
        if (!damaged || progress.replaced.has(damaged)) continue;
        const chunks = chunksOf(range, stored.chunks);
        if (!fitInMemory(chunks) || chunks.some((chunk) => damagedKeys.has(chunk.key))) continue;
        const merged = await putTogether(stored, range, parts);
        if (!merged) continue;
        const { body, kind: _kind, ...facts } = merged;
        const sealed = { ...facts, bytes: body.byteLength };
        await storeRows(damaged, sealed, body, key, progress, parts);
      }
    }
  }
  const { replaced, reasons } = progress;
  for (const range of ranges) if (!replaced.has(range)) reasons.set(range, 'no other chunks hold its rows');
}

function skipDamaged(error: unknown): undefined {
  const codes = ['E_MANIFEST_DAMAGED', 'E_MANIFEST_VERSION', 'E_STORE_OBJECT_MISSING'];
  if (error instanceof BackupError && codes.includes(error.code)) return undefined;
  throw error;
}

/** Rows are told by their number and content digest. */
function rowsOf({ rows, digest }: Pick<RangeEntry, 'rows' | 'digest'>): string {
  return `${rows} ${digest}`;
}

/** Whether chunks of one are read and merged as those of the other are. */
function isSameTable(one: ManifestTable, other: ManifestTable): boolean {
  const form = ({ schema, name, key, rangeKind, columns }: ManifestTable) =>
    JSON.stringify([
      schema,
      name,
      key,
      rangeKind,
      columns.map((column) => [column.name, column.type, column.encoding]),
    ]);
  return form(one) === form(other);
}

function chunksOf({ base, patches }: RangeEntry, lookup: ChunkLookup): ChunkEntry[] {
  const numbers = new Set([base, ...patches.map(({ chunk }) => chunk)]);
  return [...numbers].map((number) => lookup.get(number)).filter((entry) => entry !== undefined);
}

/** The rows of a range sealed as one chunk; undefined where its chunks are damaged themselves. */
async function putTogether(
  stored: StoredTable,
  range: RangeEntry,
  { input: { store }, manifest, signal }: RepairParts,
): Promise<MergedRows | undefined> {
  const { table } = stored;
  try {
    const open = async ({ entry }: UsedChunk) =>
      openChunk(await getChunk(store, entry, signal), entry, table.columns);
    const patchRows = new PatchRows({ open, letGo: releaseMemory });
    const { base, patches, rows, digest } = await fetchRange(stored, range, store, patchRows, signal);
    return await mergeRanges({
      kind: 'merge',
      table: `${table.schema}.${table.name}`,
      columns: table.columns,
      key: keyPositions(table),
      mergeKey: mergeKey(table),
      compression: manifest.settings.compression,
      ranges: [{ base, patches, rows, digest }],
    });
  } catch (error) {
    if (error instanceof BackupError && ofTheStore.includes(error.code)) return undefined;
    throw error;
  }
}

const ofTheStore = [
  'E_CHUNK_DAMAGED',
  'E_MANIFEST_DAMAGED',
  'E_RESTORE_MISMATCH',
  'E_STORE_OBJECT_MISSING',
  'E_STORE_CORRUPT_TRANSFER',
];
