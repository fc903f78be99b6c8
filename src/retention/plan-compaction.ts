import { chunksByNumber, type ChunkLookup } from '../format/chunk-lookup.ts';
import type { ManifestTable, RangeEntry } from '../format/manifest.ts';
import { chunkRowsOf, rowBytesOf } from '../ranges/chunk-rows.ts';
import { reasonToFold } from '../ranges/decide.ts';

/** How large the ranges may become. */
export interface CompactionSettings {
  /** Rows of a range; undefined: chosen for each table, as `backup` chooses them. */
  readonly chunkSize?: number | undefined;
  /** Bytes of `COPY` text of a range. */
  readonly chunkBytes: number;
}

/** The same for one table. */
type CompactionLimits = Required<{ [Name in keyof CompactionSettings]: number }>;

/** Ranges that become one range with one base chunk, and why. */
export interface RangeGroup {
  /** Neighbours, in the order of the table; one alone where its patches are folded into its base. */
  readonly ranges: readonly RangeEntry[];
  /** Position of the first of them. */
  readonly first: number;
  readonly reason: string;
  readonly rows: number;
  /** Size as `COPY` text. Of a patch slice it is estimated, by the average row of its chunk. */
  readonly copyBytes: number;
}

/** So many times its limits a range may be when its patches are folded: as much as a range may grow before it is cut. */
export const mostGrowth = 2;

/**
 * What `compact` does with a table, as data. Small neighbours are taken together as long as they fit into one chunk, so
 * that no two groups that follow each other would fit into one: what was compacted once is left alone the next time. A
 * range between two others may be missing, because nothing lay there; the merged range spans the gap, which is as empty
 * at the snapshot.
 */
export function planCompaction(table: ManifestTable, settings: CompactionSettings): RangeGroup[] {
  const chunks = chunksByNumber(table.chunks);
  const limits = limitsOf(table, settings);
  const groups: RangeGroup[] = [];
  let open: OpenGroup | undefined;
  let position = 0;
  for (const range of table.ranges) {
    const alone = openGroup(range, position++, chunks, limits);
    const joined = open && join(open, alone, limits);
    if (open && !joined) groups.push(...close(open, limits));
    open = joined ?? alone;
  }
  return open ? [...groups, ...close(open, limits)] : groups;
}

function limitsOf(table: ManifestTable, { chunkSize, chunkBytes }: CompactionSettings): CompactionLimits {
  const rowBytes = chunkSize === undefined ? (rowBytesOf(table.chunks) ?? 0) : 0;
  return { chunkSize: chunkRowsOf(chunkSize, { rows: table.rows, rowBytes }), chunkBytes };
}

interface OpenGroup {
  readonly ranges: RangeEntry[];
  readonly first: number;
  readonly rows: number;
  readonly copyBytes: number;
  /** Whether the next run can tell recent rows from new ones; where it cannot, it would read all of the merged range. */
  readonly hasRecent: boolean;
}

function openGroup(
  range: RangeEntry,
  first: number,
  chunks: ChunkLookup,
  { chunkBytes }: CompactionLimits,
): OpenGroup {
  const slices = range.patches.map(({ chunk, rows }) => ({ chunk: chunks.get(chunk), rows }));
  const base = chunks.get(range.base);
  const all = [{ chunk: base, rows: base?.rows ?? 0 }, ...slices];
  // A chunk is opened as a whole: a wide one is left alone, whatever the range needs of it (law 9).
  const isWide = all.some(({ chunk }) => (chunk?.copyBytes ?? Infinity) > mostGrowth * chunkBytes);
  const bytes = all.map(({ chunk, rows }) => (chunk ? (chunk.copyBytes / chunk.rows) * rows : 0));
  return {
    ranges: [range],
    first,
    rows: range.rows,
    copyBytes: isWide ? Infinity : Math.round(bytes.reduce((sum, size) => sum + size, 0)),
    hasRecent: range.recent !== null,
  };
}

/** The group with one more range; undefined where that does not fit. */
function join(group: OpenGroup, next: OpenGroup, limits: CompactionLimits): OpenGroup | undefined {
  const rows = group.rows + next.rows;
  const copyBytes = group.copyBytes + next.copyBytes;
  const fits = rows <= limits.chunkSize && copyBytes <= limits.chunkBytes;
  const hasRecent = group.hasRecent && next.hasRecent;
  if (!fits || !hasRecent || group.ranges[0]?.asOf !== next.ranges[0]?.asOf) return undefined;
  group.ranges.push(...next.ranges);
  return { ...group, rows, copyBytes, hasRecent };
}

/** The group where there is something to do. */
function close(
  { ranges, first: position, rows, copyBytes }: OpenGroup,
  limits: CompactionLimits,
): RangeGroup[] {
  const [first, ...others] = ranges;
  if (!first) return [];
  if (others.length > 0)
    return [{ ranges, first: position, reason: 'small neighbouring ranges', rows, copyBytes }];
  const reason = reasonToFold(first);
  const isLarge = rows > mostGrowth * limits.chunkSize || copyBytes > mostGrowth * limits.chunkBytes;
  return reason === undefined || isLarge ? [] : [{ ranges, first: position, reason, rows, copyBytes }];
}
