import type { Entries } from '../../format/entries.ts';
import type { RangeEntry } from '../../format/manifest.ts';
import type { Session } from '../../postgres/session.ts';
import { compareKeys, valueOfText } from '../../ranges/bounds-sql.ts';
import type { KeyColumn } from '../../ranges/range-source.ts';
import type { KeyCondition, KeyTest } from './parse-condition.ts';

/** Keys from one to another: equal to `prefix` in the first columns, and in the next one as `tests` say. */
export interface KeyInterval {
  readonly prefix: readonly string[];
  readonly tests: readonly Extract<KeyTest, { readonly value: string }>[];
}

/** An `IN` of several columns multiplies: beyond so many intervals the columns that follow are not looked at. */
const mostIntervals = 500;

/** Intervals in which every key that fulfils the condition lies; other keys may lie there, too. */
export function intervalsOf(condition: KeyCondition, key: readonly string[]): KeyInterval[] {
  let prefixes: (readonly string[])[] = [[]];
  for (const column of key) {
    const own = condition.filter((test) => test.column === column);
    const values = own.find((test) => test.operator === 'in')?.values;
    if (!values || prefixes.length * values.length > mostIntervals) {
      const tests = own.filter((test) => test.operator !== 'in');
      return prefixes.map((prefix) => ({ prefix, tests }));
    }
    prefixes = prefixes.flatMap((prefix) => values.map((value) => [...prefix, value]));
  }
  return prefixes.map((prefix) => ({ prefix, tests: [] }));
}

/**
 * The ranges that can hold keys of the intervals, as the target orders the key's type and collation.
 *
 * @param key all columns of the primary key
 */
export async function chooseRanges(
  session: Session,
  key: readonly KeyColumn[],
  ranges: Entries<RangeEntry>,
  intervals: readonly KeyInterval[],
): Promise<RangeEntry[]> {
  const values: unknown[] = [];
  const bind = (value: unknown) => `$${values.push(value)}`;
  const bounds = (['lo', 'hi'] as const).flatMap((side) =>
    key.map((_, part) => `${bind(ranges.map((range) => range[side]?.[part] ?? null))}::text[]`),
  );
  const names = (['lo', 'hi'] as const).flatMap((side) => key.map((_, part) => `${side}${part}`));
  const conditions = intervals.map((interval) => `(${meets(interval, key, bind)})`);
  const rows = await session.query<{ n: string }>(
    `SELECT r.n FROM unnest(${bounds.join(', ')}) WITH ORDINALITY AS r(${names.join(', ')}, n)
      WHERE ${conditions.join(' OR ')} ORDER BY r.n`,
    values,
    'choosing ranges',
  );
  return rows.map(({ n }) => ranges.at(Number(n) - 1)).filter((range) => range !== undefined);
}

/** SQL that is true where the range `r` can hold a key of the interval. */
function meets(
  { prefix, tests }: KeyInterval,
  key: readonly KeyColumn[],
  bind: (value: unknown) => string,
): string {
  const parts: string[] = [];
  const add = (side: 'lo' | 'hi', constants: readonly string[], isStrict: boolean) => {
    const columns = key.slice(0, constants.length);
    const bound = columns.map((column, part) => valueOfText(column, `r.${side}${part}`));
    const limit = columns.map((column, part) => valueOfText(column, `${bind(constants[part])}::text`));
    const operator = isStrict ? '<' : '<=';
    const compared =
      side === 'lo'
        ? compareKeys(columns, bound, operator, limit)
        : compareKeys(columns, limit, operator, bound);
    parts.push(`(r.${side}0 IS NULL OR ${compared})`);
  };
  // The lower bound is not in the range: a key that is whole must lie above it.
  const isWhole = (constants: readonly string[]) => constants.length === key.length;
  if (prefix.length > 0) {
    add('hi', prefix, false);
    add('lo', prefix, isWhole(prefix));
  }
  for (const { operator, value } of tests) {
    const constants = [...prefix, value];
    if (operator === '>' || operator === '>=') add('hi', constants, operator === '>');
    else add('lo', constants, operator === '<' || isWhole(constants));
  }
  return parts.length > 0 ? parts.join(' AND ') : 'true';
}
