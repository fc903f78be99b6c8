import type { KeyValue } from '../format/manifest.ts';
import { batchBounds, keyOf, keyRow, keyTexts } from './bounds-sql.ts';
import type { Bounds, RangeSource, SnapshotReader } from './range-source.ts';

/**
 * Cuts the rows of an interval into ranges of `chunkSize` rows. The last range ends where the interval does; where that
 * is open, at the largest key, so that later rows fall beyond it. An interval without rows gives no range.
 */
export async function cutInterval(
  reader: SnapshotReader,
  source: RangeSource,
  interval: Bounds,
  chunkSize: number,
): Promise<Bounds[]> {
  const [batch] = batchBounds(source.key, [interval], {});
  if (!batch) return [];
  const columns = source.key.map(({ column }) => `t.${column}`).join(', ');
  const inside = `FROM ${source.relation} AS t, ${batch.from} WHERE ${batch.condition}`;
  const last = await reader.query(
    `SELECT ${keyTexts(source.key, 't')} ${inside}
     ORDER BY ${source.key.map(({ column }) => `t.${column} DESC`).join(', ')} LIMIT 1`,
    batch.values,
  );
  if (!last[0]) return [];
  const end = interval.hi ?? keyOf(source.key, last[0]);
  const cuts = await reader.query(
    `SELECT ${keyTexts(source.key, 's')}
     FROM (SELECT ${columns}, pg_catalog.row_number() OVER (ORDER BY ${columns}) AS n ${inside}) AS s
     WHERE s.n % ${Math.trunc(chunkSize)} = 0 AND ${keyRow(source.key, 's')} < ${lastRow(source, batch.values.length)}
     ORDER BY s.n`,
    [...batch.values, ...keyOf(source.key, last[0])],
  );
  const bounds = [...cuts.map((row) => keyOf(source.key, row)), end];
  return bounds.map((hi, index) => ({ lo: bounds[index - 1] ?? interval.lo, hi }));
}

/** The largest key as parameters: a cut there would leave an empty range behind it. */
function lastRow(source: RangeSource, offset: number): string {
  const parts = source.key.map(({ type }, part) => `$${offset + part + 1}::text::${type}`);
  return parts.length === 1 ? parts.join('') : `(${parts.join(', ')})`;
}

/** The intervals that sorted, disjoint ranges leave between, before and after them. */
export function gapsBetween(ranges: readonly Bounds[]): Bounds[] {
  const gaps: Bounds[] = [];
  let lo: KeyValue | null = null;
  for (const [index, range] of ranges.entries()) {
    const isAdjacent = index === 0 ? range.lo === null : sameKey(lo, range.lo);
    if (!isAdjacent) gaps.push({ lo, hi: range.lo });
    lo = range.hi;
    if (lo === null) return gaps;
  }
  gaps.push({ lo, hi: null });
  return gaps;
}

export function sameKey(a: KeyValue | null, b: KeyValue | null): boolean {
  if (a === null || b === null) return a === b;
  return a.length === b.length && a.every((part, index) => part === b[index]);
}

/** Ranges sorted by their upper bounds: only the server knows the order of its types and collations. */
export async function sortRanges<Range extends Bounds>(
  reader: SnapshotReader,
  source: RangeSource,
  ranges: readonly Range[],
): Promise<Range[]> {
  const closed = ranges.filter(({ hi }) => hi !== null);
  if (closed.length < 2) return [...closed, ...ranges.filter(({ hi }) => hi === null)];
  const values = source.key.map((_, part) => closed.map(({ hi }) => hi?.[part]));
  const arrays = source.key.map(({ type }, part) => `$${part + 1}::text[]::${type}[]`);
  const names = source.key.map((_, part) => `k${part}`);
  const rows = await reader.query(
    `SELECT n FROM unnest(${arrays.join(', ')}) WITH ORDINALITY AS r(${names.join(', ')}, n)
     ORDER BY ${source.key.map(({ collation }, part) => `r.k${part}${collation ? ` COLLATE ${collation}` : ''}`).join(', ')}`,
    values,
  );
  const sorted = rows.map((row) => closed[Number(row['n']) - 1]).filter((range) => range !== undefined);
  return [...sorted, ...ranges.filter(({ hi }) => hi === null)];
}
