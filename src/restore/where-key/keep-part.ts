import { quoteIdentifier, quoteLiteral } from '../../postgres/quote.ts';
import type { Session } from '../../postgres/session.ts';
import { relationSql } from '../../postgres/target-relations.ts';
import type { LoadParts } from '../load-tables.ts';
import { digestStaged, readBack } from '../read-back.ts';
import { displayName, type TablePlan } from '../restore-plan.ts';
import { staged } from '../staging.ts';
import { readKeyTypes } from './key-types.ts';
import type { KeyCondition } from './parse-condition.ts';
import type { TablePart } from './narrow-table.ts';

/**
 * Leaves only the rows of the part in a staging table, after what was loaded was read back and proved (law 1). What
 * remains is counted and digested: that is what the table is proved by from now on.
 */
export async function keepParts(
  session: Session,
  tables: readonly TablePlan[],
  parts: LoadParts,
): Promise<TablePlan[]> {
  const kept: TablePlan[] = [];
  for (const table of tables) {
    kept.push(table.part ? await keepPart(session, table, table.part, parts) : table);
  }
  return kept;
}

async function keepPart(
  session: Session,
  table: TablePlan,
  part: TablePart,
  parts: LoadParts,
): Promise<TablePlan> {
  const { reporter } = parts.input;
  const name = displayName(table.target);
  await readBack(session, [table], parts);
  reporter.log(
    'info',
    `Read back ${part.rowsFetched} rows of ${name}, equal; keeping those where ${part.text}`,
  );
  const place = relationSql(staged(parts.staging, table.target));
  const outside = `DELETE FROM ONLY ${place} AS t WHERE (${await conditionSql(session, place, part.condition)}) IS NOT TRUE`;
  await session.command(outside, `keeping a part of ${name}`);
  // The table becomes the target's own: without the room that the rows outside took.
  if (table.action !== 'fill') await session.query(`VACUUM (FULL) ${place}`, [], `keeping a part of ${name}`);
  const [found] = await digestStaged(session, [table], parts);
  if (!found) return table;
  reporter.log('info', `${found.rows} rows of ${name} where ${part.text}, with digest ${found.digest}`);
  return { ...table, source: { ...table.source, rows: found.rows, digest: found.digest } };
}

/** The constants stand as texts, which PostgreSQL reads as the columns' types; a length does not cut them. */
async function conditionSql(session: Session, place: string, condition: KeyCondition): Promise<string> {
  const columns = [...new Set(condition.map(({ column }) => column))];
  const types = await session.query<{ name: string; type: string }>(
    `SELECT attname AS name, pg_catalog.format_type(atttypid, -1) AS type FROM pg_catalog.pg_attribute
      WHERE attrelid = $1::regclass AND attname = ANY ($2::text[]) AND NOT attisdropped`,
    [place, columns],
    'reading the types of the key',
  );
  const typeNames = columns.map((column) => types.find(({ name }) => name === column)?.type ?? '');
  const known = await readKeyTypes(session, typeNames);
  const tests = condition.map((test) => {
    const { type = 'text', operators = 'pg_catalog' } = known?.[columns.indexOf(test.column)] ?? {};
    const compare = (operator: string, value: string) =>
      `t.${quoteIdentifier(test.column)} OPERATOR(${operators}.${operator}) ${quoteLiteral(value)}::${type}`;
    if (test.operator !== 'in') return compare(test.operator, test.value);
    return `(${test.values.map((value) => compare('=', value)).join(' OR ')})`;
  });
  return tests.join(' AND ');
}
