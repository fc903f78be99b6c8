import type { Entries } from '../format/entries.ts';
import { addDigests } from '../format/digest.ts';
import type { ManifestTable, RangeEntry, TableDefinition } from '../format/manifest.ts';
import { copyRangeSql, type ReadableTable } from '../postgres/range-sql.ts';
import { readTypeForms } from '../postgres/read-type-forms.ts';
import { gapsBetween } from '../ranges/cut.ts';
import { readKeyOperators } from '../ranges/key-operators.ts';
import type { Bounds } from '../ranges/range-source.ts';
import { storedTable, type StoredTable } from '../repository/range-rows.ts';
import { sumDigests } from '../format/digest.ts';
import { sameOrder, type ComparedTable } from './compared-table.ts';
import type { DatabaseReader } from './database-reader.ts';
import { batchesOf, type SegmentWork } from './diff-parts.ts';
import type { SegmentLimits, SegmentRows } from './diff-segment.ts';
import type { PointReader } from './point-reader.ts';

export interface DatabaseParts {
  readonly points: PointReader;
  readonly database: DatabaseReader;
  readonly limits: SegmentLimits;
  /** Collation of the source of the restore point. */
  readonly collation: string;
}

/** A part of a table: ranges of the restore point, and what the database has in the same place. */
interface Place {
  readonly ranges: Entries<RangeEntry>;
  readonly sql: string;
}

/**
 * The segments of a table that is compared with a database: range by range with the gaps between them, where bounds mean
 * the same there, or else the table as a whole. Each is digested in the database first; the chunks of ranges with that very
 * digest are not read.
 */
export async function planDatabase(
  table: ComparedTable,
  kept: ManifestTable,
  found: TableDefinition,
  parts: DatabaseParts,
): Promise<SegmentWork[]> {
  const { session, collation } = parts.database;
  const keyOperators = await readKeyOperators(session, found.oid);
  const typeForms = await readTypeForms(session, found.oid);
  const now = { ...found, rangeKind: kept.rangeKind, typeForms };
  const isOrdered = sameOrder(kept, now, collation === parts.collation);
  const readable: ReadableTable = { ...found, keyOperators };
  const stored = storedTable(kept);
  return placesOf(kept, readable, isOrdered).map((place) => () => comparePlace(table, stored, place, parts));
}

function placesOf(kept: ManifestTable, found: ReadableTable, isOrdered: boolean): Place[] {
  if (!isOrdered) return [{ ranges: kept.ranges, sql: copyRangeSql({ ...found, key: [] }, null, null) }];
  const sqlOf = ({ lo, hi }: Bounds) => copyRangeSql(found, lo, hi);
  const gaps = gapsBetween(kept.ranges).map((gap) => ({ ranges: [], sql: sqlOf(gap) }));
  return [...kept.ranges.map((range) => ({ ranges: [range], sql: sqlOf(range) })), ...gaps];
}

async function comparePlace(
  table: ComparedTable,
  stored: StoredTable,
  { ranges, sql }: Place,
  { points, database, limits }: DatabaseParts,
): ReturnType<SegmentWork> {
  const found = await database.digest(sql);
  const before = points.rowsOf(stored, ranges);
  const digest = ranges.length === 0 ? addDigests() : sumDigests(ranges.map((range) => range.digest));
  const isComparable = table.before.compared === null;
  const isEqual = before.rows === found.rows && digest === found.digest && (isComparable || found.rows === 0);
  const after: SegmentRows = { ...found, read: () => database.read(sql) };
  return {
    batches: isEqual ? [] : await batchesOf(table, before, after, limits),
    rangesSkipped: isEqual ? ranges.length : 0,
    rangesRead: isEqual ? 0 : ranges.length,
    rowsAfter: found.rows,
    rows: before.rows,
  };
}
