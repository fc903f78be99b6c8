import pMap from 'p-map';
import { BugError } from '../core/errors.ts';
import { sumDigests } from '../format/digest.ts';
import type { ChunkEntry, ManifestTable, RangeEntry } from '../format/manifest.ts';
import { storedTable } from '../repository/range-rows.ts';
import type { CompactedTable } from './compact-input.ts';
import type { Compactor } from './compactor.ts';
import type { RangeGroup } from './plan-compaction.ts';

export interface TableCompaction {
  readonly table: ManifestTable;
  readonly groups: readonly RangeGroup[];
}

/** A table with its groups merged, and the chunks that were stored for it. */
export interface CompactTable {
  readonly table: ManifestTable;
  readonly written: readonly ChunkEntry[];
  readonly result: CompactedTable;
}

/** Merges the groups of a table, several at once. The table's rows and digest stay what they are (law 1). */
export async function compactTable(
  { table, groups }: TableCompaction,
  compactor: Compactor,
  concurrency: number,
): Promise<CompactTable> {
  /** By position; of those that were merged into the one before, nothing. */
  const merged = new Map<number, RangeEntry | undefined>();
  const written: ChunkEntry[] = [];
  const stored = storedTable(table);
  const merge = async ({ ranges, first }: RangeGroup): Promise<void> => {
    const chunk = await compactor.merge(stored, ranges);
    if (!chunk) return;
    written.push(chunk);
    const range = mergedRange(ranges, chunk);
    for (const index of ranges.keys()) merged.set(first + index, index === 0 ? range : undefined);
  };
  await pMap(groups, merge, { concurrency, stopOnError: false }).catch((error: unknown) => {
    // When the first fails, the others stop, and are waited for.
    throw error instanceof AggregateError ? error.errors[0] : error;
  });
  const ranges = table.ranges
    .map((range, position) => (merged.has(position) ? merged.get(position) : range))
    .filter((range) => range !== undefined);
  const compacted = withRanges(table, ranges, written);
  return { table: compacted, written, result: describe(table, compacted, written) };
}

/**
 * One range in place of neighbours. Counts and digests are sums over rows, so they add up; what the next run needs to tell
 * old rows from new ones is as of the same snapshot in all of them.
 */
function mergedRange(ranges: readonly RangeEntry[], chunk: ChunkEntry): RangeEntry {
  const [first] = ranges;
  const last = ranges.at(-1);
  if (!first || !last) throw new BugError('a group without ranges was merged');
  const rows = ranges.reduce((sum, range) => sum + range.rows, 0);
  const digest = sumDigests(ranges.map((range) => range.digest));
  if (chunk.rows !== rows || chunk.digest !== digest) throw new BugError('a merged chunk has other rows');
  const recent = ranges.every((range) => range.recent !== null)
    ? ranges.flatMap((range) => range.recent ?? [])
    : null;
  return {
    ...first,
    hi: last.hi,
    rows,
    keyDigest: sumDigests(ranges.map(({ keyDigest }) => keyDigest)),
    versionDigest: sumDigests(ranges.map(({ versionDigest }) => versionDigest)),
    digest,
    base: chunk.number,
    patches: [],
    recent,
  };
}

function withRanges(
  table: ManifestTable,
  ranges: readonly RangeEntry[],
  written: readonly ChunkEntry[],
): ManifestTable {
  const used = new Set(ranges.flatMap(({ base, patches }) => [base, ...patches.map(({ chunk }) => chunk)]));
  const chunks = [...table.chunks, ...written]
    .filter(({ number }) => used.has(number))
    .sort((a, b) => a.number - b.number);
  const rows = ranges.reduce((sum, range) => sum + range.rows, 0);
  const digest = sumDigests(ranges.map((range) => range.digest));
  if (rows !== table.rows || digest !== table.digest) {
    throw new BugError(`compaction would change the rows of ${table.schema}.${table.name}`);
  }
  return { ...table, chunks, ranges };
}

function describe(
  before: ManifestTable,
  after: ManifestTable,
  written: readonly ChunkEntry[],
): CompactedTable {
  return {
    table: `${before.schema}.${before.name}`,
    rows: before.rows,
    rowsRewritten: written.reduce((sum, { rows }) => sum + rows, 0),
    rangesBefore: before.ranges.length,
    rangesAfter: after.ranges.length,
    chunksBefore: before.chunks.length,
    chunksAfter: after.chunks.length,
  };
}
