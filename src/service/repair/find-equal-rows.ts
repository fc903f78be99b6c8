import { fitInMemory } from '../../chunk/most-in-memory.ts';
import { BackupError } from '../../core/errors.ts';
import type { ChunkLookup } from '../../format/chunk-lookup.ts';
import type { ChunkEntry, ManifestTable, RangeEntry } from '../../format/manifest.ts';
import { ChunkCache } from '../../repository/chunk-cache.ts';
import { listRestorePoints, readManifest, type StoredManifest } from '../../repository/manifests.ts';
import { fetchRange, putTogether, storedTable, type StoredTable } from '../../repository/range-rows.ts';
import type { DamagedRange } from './find-damage.ts';
import type { RepairInput } from './repair-input.ts';
import type { Progress } from './replacement.ts';

/**
 * Looks in the other restore points, the newest first, for ranges with the same rows in other chunks: a run with `--full` or a
 * compaction has written them twice. Each is fetched and put together, and so proved, before it is taken.
 */
export async function findEqualRows(
  ranges: readonly DamagedRange[],
  parent: StoredManifest,
  { replaced, reasons }: Progress,
  { store, signal }: RepairInput,
): Promise<void> {
  const damagedKeys = new Set(ranges.flatMap(({ chunks }) => chunks.map(({ key }) => key)));
  const points = await listRestorePoints(store, signal);
  for (const { key } of points.toReversed()) {
    const wanted = ranges.filter((range) => !replaced.has(range));
    if (wanted.length === 0) return;
    if (key === parent.reference.key) continue;
    const other = await readManifest(store, key, signal).catch(skipDamaged);
    for (const table of other?.manifest.tables ?? []) {
      const byRows = new Map(
        wanted.filter((one) => isSameTable(one.table, table)).map((one) => [rowsOf(one.range), one]),
      );
      if (byRows.size === 0) continue;
      const stored = storedTable(table);
      for (const range of table.ranges) {
        const damaged = byRows.get(rowsOf(range));
        const chunks = chunksOf(range, stored.chunks);
        if (!damaged || replaced.has(damaged) || !mayServe(chunks, damaged, damagedKeys)) continue;
        if (!(await isSound(stored, range, store, signal))) continue;
        const { base, patches } = range;
        replaced.set(damaged, { range: { ...damaged.range, base, patches }, chunks, from: key });
      }
    }
  }
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

/** A base is of one range only, so that rows that stand twice in a table stand twice in the files. */
function mayServe(
  chunks: readonly ChunkEntry[],
  { table, position, chunks: damaged }: DamagedRange,
  damagedKeys: ReadonlySet<string>,
): boolean {
  if (!fitInMemory(chunks) || chunks.some(({ key }) => damagedKeys.has(key))) return false;
  const [base] = chunks;
  const isTaken = table.ranges.some((range, at) => at !== position && range.base === base?.number);
  const isOther = (chunk: ChunkEntry) =>
    chunks.some(({ number, key }) => number === chunk.number && key !== chunk.key);
  return !isTaken && !table.chunks.some(isOther) && damaged.length > 0;
}

async function isSound(
  stored: StoredTable,
  range: RangeEntry,
  store: RepairInput['store'],
  signal: AbortSignal,
): Promise<boolean> {
  try {
    await putTogether(await fetchRange(stored, range, store, new ChunkCache(store, 1, signal), signal));
    return true;
  } catch (error) {
    const codes = [
      'E_CHUNK_DAMAGED',
      'E_RESTORE_MISMATCH',
      'E_STORE_OBJECT_MISSING',
      'E_STORE_CORRUPT_TRANSFER',
    ];
    if (error instanceof BackupError && codes.includes(error.code)) return false;
    throw error;
  }
}
