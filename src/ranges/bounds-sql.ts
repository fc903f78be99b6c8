import { BugError } from '../core/errors.ts';
import type { Entries } from '../format/entries.ts';
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
export const mostInBatch = 2000;

/**
 * Cuts ranges into batches of one shape, each made when it is asked for. An open bound gets no condition at all, rather than `OR IS NULL`, so that each
 * range is one index scan.
 */
export function* batchBounds(
  key: readonly KeyColumn[],
  ranges: Entries<Bounds>,
  extras: Extras,
  size = mostInBatch,
): Generator<BoundsBatch> {
  const shapes = new Map<string, number[]>();
  let index = 0;
  for (const { lo, hi } of ranges) {
    const shape = `${lo === null} ${hi === null}`;
    const last = shapes.get(shape);
    if (last) last.push(index);
    else shapes.set(shape, [index]);
    index += 1;
  }
  for (const indexes of shapes.values())
    for (let from = 0; from < indexes.length; from += size)
      yield makeBatch(key, ranges, indexes.slice(from, from + size), extras);
}

function makeBatch(
  key: readonly KeyColumn[],
  ranges: Entries<Bounds>,
  indexes: readonly number[],
  extras: Extras,
): BoundsBatch {
  const all = indexes.map((index) => ranges.at(index));
  const [first] = all;
  const values: unknown[] = [];
  const arrays: string[] = [];
  const names: string[] = [];
  const conditions: string[] = [];
  for (const [side, operator] of [['lo', '>'] as const, ['hi', '<='] as const]) {
    if (!first?.[side]) continue;
    for (const part of key.keys()) {
      values.push(all.map((range) => range?.[side]?.[part] ?? missing()));
      arrays.push(`$${values.length}::text[]`);
      names.push(`${side}${part}`);
    }
    const bounds = key.map((column, part) => valueOfText(column, `r.${side}${part}`));
    const parts = key.map(({ column }) => `t.${column}`);
    conditions.push(compareKeys(key, parts, operator, bounds));
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

/**
 * SQL that compares two key values as the key's index orders them. A row comparison has one operator name for all its
 * parts; where their operators lie in several schemas it is spelt out, first part alone in front for the index.
 */
export function compareKeys(
  key: readonly KeyColumn[],
  left: readonly string[],
  operator: '<' | '<=' | '>',
  right: readonly string[],
): string {
  const schemas = key.map(({ operators }) => operators ?? 'pg_catalog');
  const compare = (part: number, name: string) =>
    `${left[part]} OPERATOR(${schemas[part]}.${name}) ${right[part]}`;
  if (key.length === 1) return compare(0, operator);
  if (new Set(schemas).size === 1) {
    return `(${left.join(', ')}) OPERATOR(${schemas[0]}.${operator}) (${right.join(', ')})`;
  }
  const strict = operator === '>' ? '>' : '<';
  const from = (part: number): string =>
    part === key.length - 1
      ? compare(part, operator)
      : `(${compare(part, strict)} OR (${compare(part, '=')} AND ${from(part + 1)}))`;
  return `(${compare(0, `${strict}=`)} AND ${from(0)})`;
}

/**
 * SQL for the value of a key column that an expression gives as text. Values travel as arrays of text, for an array of
 * arrays or of rows would be taken apart. The collation is the column's, which that of its domain may contradict.
 */
export function valueOfText({ type, collation }: KeyColumn, text: string): string {
  return collation === null ? `${text}::${type}` : `${text}::${type} COLLATE ${collation}`;
}

/** The columns of the key of `t`, named `k0`, `k1`, …: whatever a table's own columns are called. */
export function keyParts(key: readonly KeyColumn[]): string {
  return key.map(({ column }, part) => `t.${column} AS k${part}`).join(', ');
}

/** The key's parts as text, named `k0`, `k1`, … likewise. */
export function keyTexts(key: readonly KeyColumn[], alias: string): string {
  return key.map((_, part) => `${alias}.k${part}::text AS k${part}`).join(', ');
}

/** `s.k0, s.k1` */
export function keyOrder(key: readonly KeyColumn[], alias: string): string {
  return key.map((_, part) => `${alias}.k${part}`).join(', ');
}

/** The key value in a result row that has `keyTexts`. */
export function keyOf(key: readonly KeyColumn[], row: Readonly<Record<string, string | null>>): string[] {
  return key.map((_, part) => row[`k${part}`] ?? missing());
}

function missing(): never {
  throw new BugError('a part of a key is missing');
}
