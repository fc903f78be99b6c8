import type { Entries } from '../format/entries.ts';
import type { ChunkEntry, ManifestTable, RangeEntry } from '../format/manifest.ts';
import { keyColumns } from '../postgres/range-sql.ts';
import type { OpenTable } from './open-table.ts';
import { boundsFormOf, formOf, sameForms, sameRelations, structureOf } from './structure.ts';

/** How far what the parent manifest has of a table still holds. */
export interface KeptTable {
  /** Chunks that this table's rows may be found in again, byte for byte; none where rows take another form now. */
  readonly chunks: Entries<ChunkEntry>;
  /** Ranges whose bounds still mean what they meant. */
  readonly ranges: Entries<RangeEntry>;
  /**
   * Why the xids that were recorded mean nothing for this table, so that all of it is read again; undefined where they
   * still tell what changed.
   */
  readonly change: string | undefined;
}

/**
 * Holds the kept table against the one that is there. Fingerprints and patches want the same heaps with the same columns
 * in the same history. Where that fails, rows are read again, but those that turn out to be the same byte for byte need
 * not be shipped again: a chunk says nothing of the history it came from.
 *
 * @param historyChange why the whole source has another history
 */
export async function compareKept(
  kept: ManifestTable | undefined,
  table: OpenTable,
  historyChange: string | undefined,
): Promise<KeptTable> {
  if (!kept || formOf(kept) !== formOf(table.definition)) {
    return { chunks: [], ranges: [], change: kept && 'its columns are others' };
  }
  const change = historyChange ?? changeOf(kept, table);
  const ranges = change === undefined || (await keepsBounds(kept, table)) ? kept.ranges : [];
  return { chunks: kept.chunks, ranges, change };
}

function changeOf(kept: ManifestTable, table: OpenTable): string | undefined {
  if (!sameRelations(kept, table.definition)) return 'it is another table of the same name';
  if (
    structureOf({ ...kept, filenodes: [] }) !== structureOf({ ...table.definition, ...table, filenodes: [] })
  )
    return 'its columns or its key are others';
  if (structureOf(kept) !== table.structure) return 'its heap was written anew';
  if (!sameForms(kept, table.typeForms)) return 'the text or the order of its values is another one';
  return undefined;
}

/** Without the chunks that are known to be missing or damaged, and without the ranges that need them: their rows are read anew. */
export function withoutDamaged(kept: KeptTable, damagedChunks: readonly number[]): KeptTable {
  if (damagedChunks.length === 0) return kept;
  const damaged = new Set(damagedChunks);
  const isSound = ({ base, patches }: RangeEntry) =>
    !damaged.has(base) && !patches.some(({ chunk }) => damaged.has(chunk));
  return {
    ...kept,
    chunks: kept.chunks.filter(({ number }) => !damaged.has(number)),
    ranges: kept.ranges.filter(isSound),
  };
}

/** Positions are found in any heap; keys only where they can still be read and stand in the same order. */
async function keepsBounds(kept: ManifestTable, table: OpenTable): Promise<boolean> {
  const { definition, rangeKind, strategy, typeForms } = table;
  if (boundsFormOf(kept) !== boundsFormOf({ ...definition, rangeKind })) return false;
  if (!sameForms(kept, typeForms) && !keyColumns(kept).every(({ type }) => isBuiltIn(type))) return false;
  return strategy.areInOrder(kept.ranges);
}

/** Types of users and extensions are printed with their schema, since the `search_path` is empty. */
function isBuiltIn(type: string): boolean {
  return !type.includes('.');
}
