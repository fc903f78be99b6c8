import type { RecentRow } from '../format/manifest.ts';
import { batchBounds, keyOf, keyOrder, keyParts, keyTexts, mostInBatch } from './bounds-sql.ts';
import { checkKeys } from './check-keys.ts';
import { usualChunkRows } from './chunk-rows.ts';
import type { ScanBounds } from './fingerprints.ts';
import { wideXid, type RangeSource, type SnapshotReader } from './range-source.ts';

/**
 * For each range, in key order, the rows whose 64-bit xid is at or above the range's `asOf`.
 *
 * @param rowsAtOnce rows that one statement may look at, about
 */
export async function listChangedRows(
  reader: SnapshotReader,
  source: RangeSource,
  ranges: readonly ScanBounds[],
  rowsAtOnce = Infinity,
): Promise<RecentRow[][]> {
  const lists: RecentRow[][] = ranges.map(() => []);
  const extras = { as_of: (index: number) => ranges[index]?.asOf ?? '0' };
  const size = Math.ceil(Math.min(mostInBatch, rowsAtOnce / usualChunkRows));
  for (const batch of batchBounds(source.key, ranges, extras, size)) {
    const rows = await reader.query(
      `SELECT r.i, f.*
FROM ${batch.from}
CROSS JOIN LATERAL (
  SELECT ${keyTexts(source.key, 's')}, s.x & 4294967295 AS xmin
  FROM (SELECT ${keyParts(source.key)}, ${wideXid(source.xids)} AS x
        FROM ${source.relation} AS t
        WHERE ${batch.condition} OFFSET 0) AS s
  WHERE s.x >= r.as_of
  ORDER BY ${keyOrder(source.key, 's')}
) AS f`,
      batch.values,
    );
    for (const row of rows) {
      const index = batch.indexes[Number(row['i'])] ?? -1;
      lists[index]?.push({ key: keyOf(source.key, row), xmin: row['xmin'] ?? '' });
    }
  }
  await checkKeys(
    reader,
    source,
    lists.flatMap((rows) => rows.map(({ key }) => key)),
  );
  return lists;
}
