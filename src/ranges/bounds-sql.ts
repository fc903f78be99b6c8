import { BugError } from '../core/errors.ts';
import type { Bounds, KeyColumn } from './range-source.ts';

/** Ranges of one shape, lower and upper bound open or not, as a relation to join with. */
export interface BoundsBatch {
  /** `unnest(…) AS r(…)`; its column `i` is the position in `indexes`. */
  readonly from: string;
  /** Condition on the key of `t`, true in the range of `r`. */
  readonly condition: string;
  readonly values: readonly unknown[];
  /** Index of each range in the list the batches were made from. */
  readonly indexes: readonly number[];
}

/** Bigint columns that travel with each range, by name. */
export type Extras = Readonly<Record<string, (index: number) => string>>;

/** So many ranges are asked for in one statement: it keeps results and parameters small. */
const batchSize = 2000;

/**
 * Cuts ranges into batches of one shape. An open bound gets no condition at all, rather than `OR IS NULL`, so that each
 * range is one index scan.
 */
export function batchBounds(
  key: readonly KeyColumn[],
  ranges: readonly Bounds[],
  extras: Extras,
): BoundsBatch[] {
  const shapes = new Map<string, number[]>();
  for (const [index, { lo, hi }] of ranges.entries()) {
    const shape = `${lo === null} ${hi === null}`;
    const last = shapes.get(shape);
    if (last) last.push(index);
    else shapes.set(shape, [index]);
  }
  return [...shapes.values()].flatMap((indexes) =>
    slices(indexes, batchSize).map((slice) => makeBatch(key, ranges, slice, extras)),
  );
}

function makeBatch(
  key: readonly KeyColumn[],
  ranges: readonly Bounds[],
  indexes: readonly number[],
  extras: Extras,
): BoundsBatch {
  const first = ranges[indexes[0] ?? 0];
  const values: unknown[] = [];
  const arrays: string[] = [];
  const names: string[] = [];
  const conditions: string[] = [];
  for (const [side, operator] of [['lo', '>'] as const, ['hi', '<='] as const]) {
    if (!first?.[side]) continue;
    for (const [part, column] of key.entries()) {
      values.push(indexes.map((index) => ranges[index]?.[side]?.[part] ?? missing()));
      arrays.push(`$${values.length}::text[]::${column.type}[]`);
      names.push(`${side}${part}`);
    }
    conditions.push(`${keyRow(key, 't')} ${operator} ${boundRow(key, side)}`);
  }
  for (const [name, valueOf] of Object.entries(extras)) {
    values.push(indexes.map(valueOf));
    arrays.push(`$${values.length}::bigint[]`);
    names.push(name);
  }
  values.push(indexes.map((_, position) => position));
  arrays.push(`$${values.length}::int[]`);
  names.push('i');
  return {
    from: `unnest(${arrays.join(', ')}) AS r(${names.join(', ')})`,
    condition: conditions.length > 0 ? conditions.join(' AND ') : 'true',
    values,
    indexes,
  };
}

/** `t.id`, or `(t.a, t.b)` for a composite key. */
export function keyRow(key: readonly KeyColumn[], alias: string): string {
  const columns = key.map(({ column }) => `${alias}.${column}`);
  return columns.length === 1 ? columns.join('') : `(${columns.join(', ')})`;
}

function boundRow(key: readonly KeyColumn[], side: 'lo' | 'hi'): string {
  const columns = key.map((_, part) => `r.${side}${part}`);
  return columns.length === 1 ? columns.join('') : `(${columns.join(', ')})`;
}

/** The key's columns as text, named `k0`, `k1`, …. */
export function keyTexts(key: readonly KeyColumn[], alias: string): string {
  return key.map(({ column }, part) => `${alias}.${column}::text AS k${part}`).join(', ');
}

/** The key value in a result row that has `keyTexts`. */
export function keyOf(key: readonly KeyColumn[], row: Readonly<Record<string, string | null>>): string[] {
  return key.map((_, part) => row[`k${part}`] ?? missing());
}

function slices<T>(items: readonly T[], size: number): T[][] {
  const count = Math.ceil(items.length / size);
  return Array.from({ length: count }, (_, index) => items.slice(index * size, (index + 1) * size));
}

function missing(): never {
  throw new BugError('a part of a key is missing');
}
