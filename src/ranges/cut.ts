import type { Entries } from '../format/entries.ts';
import type { KeyValue } from '../format/manifest.ts';
import {
  batchBounds,
  compareKeys,
  keyOf,
  keyParts,
  keyTexts,
  valueOfText,
  type BoundsBatch,
} from './bounds-sql.ts';
import { checkKeys } from './check-keys.ts';
import type { Bounds, RangeSource, SnapshotReader } from './range-source.ts';

/**
 * Cuts the rows of an interval into ranges of `chunkSize` rows. The last range ends where the interval does; where that
 * is open, at the largest key, so that later rows fall beyond it. An interval without rows gives no range.
 *
 * @param most ranges to give, the first ones; more follow where it gives so many
 */
export async function cutInterval(
  reader: SnapshotReader,
  source: RangeSource,
  interval: Bounds,
  chunkSize: number,
  most = Number.MAX_SAFE_INTEGER,
): Promise<Bounds[]> {
  const [batch] = batchBounds(source.key, [interval], {});
  if (!batch) return [];
  const { key } = source;
  // Kept from being joined, each part is one index scan of the interval: as a join it could read the whole table.
  const inside = (rest: string) =>
    `FROM ${batch.from} CROSS JOIN LATERAL (
       SELECT ${keyParts(key)} FROM ${source.relation} AS t WHERE ${batch.condition} ${rest}) AS s`;
  const names = key.map((_, part) => `k${part}`);
  const last = await reader.query(
    `SELECT ${keyTexts(key, 's')} ${inside(`ORDER BY ${names.map((name) => `${name} DESC`).join(', ')} LIMIT 1`)}`,
    batch.values,
  );
  if (!last[0]) return [];
  const lastKey = keyOf(key, last[0]);
  // A cut at the largest key would leave an empty range behind it.
  const largest = key.map((column, part) => valueOfText(column, `$${batch.values.length + part + 1}::text`));
  const cuts = await inIndexOrder(reader, () =>
    reader.query(cutSql(source, batch, { chunkSize, most }, largest), [...batch.values, ...lastKey]),
  );
  const cutKeys = cuts.map((row) => keyOf(key, row));
  await checkKeys(reader, source, [...cutKeys, lastKey]);
  const bounds = cutKeys.length < most ? [...cutKeys, interval.hi ?? lastKey] : cutKeys;
  return bounds.map((hi, index) => ({ lo: bounds[index - 1] ?? interval.lo, hi }));
}

/**
 * From each cut on the key that ends the next range, as many rows further in the index: a quarter of the time that it takes to
 * number all rows, and no sorting, which for a large table would go to the source's disk.
 */
function cutSql(
  { key, relation }: RangeSource,
  { from, condition }: BoundsBatch,
  { chunkSize, most }: { readonly chunkSize: number; readonly most: number },
  largest: readonly string[],
): string {
  const names = key.map((_, part) => `k${part}`);
  const parts = names.map((name) => `c.${name}`);
  const columns = key.map(({ column }) => `t.${column}`);
  const next = (rest: string) =>
    `LATERAL (SELECT ${keyParts(key)} FROM ${relation} AS t WHERE ${condition}${rest}
              ORDER BY ${names.join(', ')} OFFSET ${Math.trunc(chunkSize) - 1} LIMIT 1) AS s`;
  return `WITH RECURSIVE c AS (
     SELECT s.*, 1::bigint AS n FROM ${from} CROSS JOIN ${next('')}
     UNION ALL
     SELECT s.*, c.n OPERATOR(pg_catalog.+) 1 FROM c CROSS JOIN ${from}
       CROSS JOIN ${next(` AND ${compareKeys(key, columns, '>', parts)}`)}
      WHERE c.n OPERATOR(pg_catalog.<) ${Math.trunc(most)}::bigint)
   SELECT ${keyTexts(key, 'c')} FROM c WHERE ${compareKeys(key, parts, '<', largest)} ORDER BY ${parts.join(', ')}`;
}

/** Sorting anew for each range, which the planner might think of for rows that it knows nothing of, would never end. */
async function inIndexOrder<T>(reader: SnapshotReader, work: () => Promise<T>): Promise<T> {
  const sorting = (value: 'on' | 'off') =>
    reader.query(`SELECT pg_catalog.set_config('enable_sort', '${value}', true)`);
  await sorting('off');
  const result = await work();
  await sorting('on');
  return result;
}

/** The intervals that sorted, disjoint ranges leave between, before and after them. */
export function gapsBetween(ranges: Iterable<Bounds>): Bounds[] {
  const gaps: Bounds[] = [];
  let lo: KeyValue | null = null;
  let isFirst = true;
  for (const range of ranges) {
    const isAdjacent = isFirst ? range.lo === null : sameKey(lo, range.lo);
    isFirst = false;
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
  const { key } = source;
  const closed = ranges.filter(({ hi }) => hi !== null);
  if (closed.length < 2) return [...closed, ...ranges.filter(({ hi }) => hi === null)];
  const rows = await reader.query(
    `SELECT n FROM unnest(${boundArrays(source, 1)}) WITH ORDINALITY AS r(${boundNames(source, 'k')}, n)
     ORDER BY ${key.map((column, part) => valueOfText(column, `r.k${part}`)).join(', ')}`,
    boundValues(source, closed, 'hi'),
  );
  const sorted = rows.map((row) => closed[Number(row['n']) - 1]).filter((range) => range !== undefined);
  return [...sorted, ...ranges.filter(({ hi }) => hi === null)];
}

/**
 * Whether each range ends above its beginning, and none begins before the one ahead of it ends: ranges that overlap
 * would hold rows twice. Bounds that were in order cease to be when a collation changes with the operating system.
 */
export async function areInOrder(
  reader: SnapshotReader,
  source: RangeSource,
  ranges: Entries<Bounds>,
): Promise<boolean> {
  const opensInside = ranges.some(
    ({ lo, hi }, index) => (lo === null && index > 0) || (hi === null && index < ranges.length - 1),
  );
  if (opensInside) return false;
  const { key } = source;
  const side = (name: string) => key.map((column, part) => valueOfText(column, `s.${name}${part}`));
  const ends = key.map((_, part) => `pg_catalog.lag(r.hi${part}) OVER (ORDER BY r.n) AS end${part}`);
  const [row] = await reader.query(
    `SELECT count(*) AS wrong FROM (
       SELECT r.*, ${ends.join(', ')}
       FROM unnest(${boundArrays(source, 1)}, ${boundArrays(source, 1 + key.length)})
         WITH ORDINALITY AS r(${boundNames(source, 'lo')}, ${boundNames(source, 'hi')}, n)) AS s
     WHERE NOT ${compareKeys(key, side('lo'), '<', side('hi'))} OR NOT ${compareKeys(key, side('end'), '<=', side('lo'))}`,
    [...boundValues(source, ranges, 'lo'), ...boundValues(source, ranges, 'hi')],
  );
  return Number(row?.['wrong']) === 0;
}

function boundValues(source: RangeSource, ranges: Entries<Bounds>, side: 'lo' | 'hi'): (string | null)[][] {
  return source.key.map((_, part) => ranges.map((range) => range[side]?.[part] ?? null));
}

function boundArrays(source: RangeSource, first: number): string {
  return source.key.map((_, part) => `$${first + part}::text[]`).join(', ');
}

function boundNames(source: RangeSource, prefix: string): string {
  return source.key.map((_, part) => `${prefix}${part}`).join(', ');
}
