import type { CheckpointEntry } from '../format/checkpoint.ts';
import { chunksByNumber, type ChunkLookup } from '../format/chunk-lookup.ts';
import type { Entries } from '../format/entries.ts';
import type { RangeEntry, TableDefinition } from '../format/manifest.ts';
import type { Bounds } from '../ranges/range-source.ts';
import type { RangeStrategy } from '../ranges/strategy.ts';
import type { KeptTable } from './kept-table.ts';

export interface KnownRanges {
  /** Sorted and disjoint. */
  readonly ranges: Entries<RangeEntry>;
  readonly chunks: ChunkLookup;
  /** Those that the interrupted run read: their xids belong to the present history, whatever the parent's do. */
  readonly resumed: ReadonlySet<RangeEntry>;
}

/**
 * The ranges of a table that the store holds already: those of the parent manifest, with what an interrupted run
 * shipped since in their place. Each counts as of the snapshot it was read at; the scan catches up from there. Ranges
 * that overlap would hold rows twice: where the two do not fit together, only the parent's count.
 */
export async function knownRanges(
  strategy: RangeStrategy,
  kept: Pick<KeptTable, 'ranges' | 'chunks'>,
  leftovers: readonly CheckpointEntry[],
): Promise<KnownRanges> {
  const inParent = chunksByNumber(kept.chunks);
  if (leftovers.length === 0) return { ranges: kept.ranges, chunks: inParent, resumed: new Set() };
  const chunks = new Map(Array.from(inParent.values(), (chunk) => [chunk.number, chunk]));
  for (const chunk of leftovers.flatMap((entry) => entry.chunks)) chunks.set(chunk.number, chunk);
  const ranges = new Map(kept.ranges.map((range) => [boundsName(range), range]));
  for (const { range, replaces } of leftovers) {
    if (replaces) ranges.delete(boundsName(replaces));
    ranges.set(boundsName(range), range);
  }
  const sorted = await strategy.sort([...ranges.values()]);
  if (!(await strategy.areInOrder(sorted))) return { ranges: kept.ranges, chunks, resumed: new Set() };
  return { ranges: sorted, chunks, resumed: new Set(leftovers.map(({ range }) => range)) };
}

/** The entries of this table that fit its present structure. */
export function leftoversOf(
  entries: readonly CheckpointEntry[],
  table: TableDefinition,
  structure: string,
): CheckpointEntry[] {
  return entries.filter((entry) => entry.tableOid === table.oid && entry.structure === structure);
}

function boundsName({ lo, hi }: Bounds): string {
  return JSON.stringify([lo, hi]);
}
