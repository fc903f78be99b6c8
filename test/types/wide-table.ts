import type pg from 'pg';
import type { PostgresMajor } from '../../src/embedded/watchdog-protocol.ts';
import { valueQueries, typeTables } from './type-tables.ts';

/** Names of statements and columns for one table that has a column of each type. */
export interface WideTable {
  /** Statements that make its types. */
  readonly types: string;
  readonly columns: string;
  readonly fill: string;
}

/**
 * A table `every_type` with a column for each type that a version has: as many rows as the longest list of values. What
 * would be slow is left to a table of its own.
 */
export function wideTable(major: PostgresMajor): WideTable {
  const cases = typeTables(major).filter(({ isLarge }) => isLarge !== true);
  const columns = cases.map(({ name, type }) => `"${name}" ${type}`);
  const joins = cases.map(
    (one, index) =>
      `LEFT JOIN (SELECT row_number() OVER (), v FROM (${valueQueries(one)}) AS q(v)) AS c${index}(id, v) USING (id)`,
  );
  return {
    types: cases.map(({ before }) => (before === undefined ? '' : `${before};`)).join('\n'),
    columns: ['id int PRIMARY KEY', ...columns].join(', '),
    fill: `SELECT r.id, ${cases.map((_, index) => `c${index}.v`).join(', ')}
             FROM generate_series(1, 300) AS r(id) ${joins.join(' ')}`,
  };
}

export async function createWideTable(client: pg.Client, { types, columns, fill }: WideTable): Promise<void> {
  await client.query(`${types} CREATE TABLE every_type (${columns})`);
  // As it is written: to look for a better order of so many joins would take minutes.
  await client.query(`SET join_collapse_limit = 1; INSERT INTO every_type ${fill}`);
}
