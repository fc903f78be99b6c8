import { quoteIdentifier, quoteLiteral, quoteQualified } from '../../postgres/quote.ts';
import type { Session } from '../../postgres/session.ts';
import { displayName, type RestorePlan } from '../restore-plan.ts';

/** @param target what it is about, in SQL: `TABLE "public"."articles"` */
export async function commentOn(session: Session, target: string, comment: string | null): Promise<void> {
  if (comment === null) return;
  await session.command(`COMMENT ON ${target} IS ${quoteLiteral(comment)}`, `commenting on ${target}`);
}

/** Comments of what was created around the tables, and of the foreign keys, which come last of all. */
export async function commentOnObjects(session: Session, { objects, tables }: RestorePlan): Promise<void> {
  for (const { name, comment } of objects.schemas)
    await commentOn(session, `SCHEMA ${quoteIdentifier(name)}`, comment);
  for (const { schema, name, comment } of objects.collations)
    await commentOn(session, `COLLATION ${quoteQualified(schema, name)}`, comment);
  for (const { schema, name, comment } of objects.sequences)
    await commentOn(session, `SEQUENCE ${quoteQualified(schema, name)}`, comment);
  for (const type of objects.types) {
    const sql = quoteQualified(type.schema, type.name);
    await commentOn(session, `TYPE ${sql}`, type.comment);
    const attributes = type.kind === 'composite' ? type.attributes : [];
    for (const { name, comment } of attributes)
      await commentOn(session, `COLUMN ${sql}.${quoteIdentifier(name)}`, comment);
  }
  await commentOnForeignKeys(session, tables);
}

async function commentOnForeignKeys(session: Session, tables: RestorePlan['tables']): Promise<void> {
  for (const { action, target } of tables) {
    if (action === 'fill') continue;
    const added = target.foreignKeys.some(({ comment }) => comment !== null)
      ? await foreignKeysOf(session, displayName(target), quoteQualified(target.schema, target.name))
      : new Set();
    for (const { name, comment } of target.foreignKeys) {
      const table = quoteQualified(target.schema, target.name);
      if (added.has(name))
        await commentOn(session, `CONSTRAINT ${quoteIdentifier(name)} ON ${table}`, comment);
    }
  }
}

/** Those that were added: one to a table that the target lacks is left out. */
async function foreignKeysOf(session: Session, table: string, sql: string): Promise<Set<string>> {
  const rows = await session.query<{ name: string }>(
    `SELECT conname AS name FROM pg_catalog.pg_constraint
      WHERE conrelid = ${quoteLiteral(sql)}::regclass AND contype = 'f'`,
    [],
    `reading the foreign keys of ${table}`,
  );
  return new Set(rows.map(({ name }) => name));
}
