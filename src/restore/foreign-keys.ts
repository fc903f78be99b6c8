import { BackupError, codeOf, messageOf } from '../core/errors.ts';
import type { Reporter } from '../core/events.ts';
import { quoteIdentifier, quoteLiteral } from '../postgres/quote.ts';
import type { Session } from '../postgres/session.ts';
import { readForeignKeys, type ForeignKey } from '../postgres/target-foreign-keys.ts';
import { relationSql } from '../postgres/target-relations.ts';
import { displayName, type TablePlan } from './restore-plan.ts';
import { referencedTable } from './sql/check-fragment.ts';

/**
 * Drops the foreign keys of tables that are filled, and those that refer to a table that is emptied or replaced:
 * PostgreSQL would not empty it, and would check row by row in an order that has to fit. `resumeForeignKeys` adds them
 * again, which checks all rows at once; until then no other session sees any of it.
 *
 * @throws BackupError `E_TARGET_DEPENDENTS` where one is on a table of somebody else
 */
export async function suspendForeignKeys(
  session: Session,
  tables: readonly TablePlan[],
): Promise<ForeignKey[]> {
  const oids = tables.flatMap(({ existing }) => (existing ? [existing.oid] : []));
  const dropped = tables.flatMap(({ existing, action }) =>
    existing && action === 'replace' ? [existing.oid] : [],
  );
  const keys = (await readForeignKeys(session, oids)).filter(({ tableOid }) => !dropped.includes(tableOid));
  for (const key of keys) {
    if (!key.owned) throw dependent(key, 'this role does not own that table');
    await session.query(
      `ALTER TABLE ${tableSql(key)} DROP CONSTRAINT ${quoteIdentifier(key.name)}`,
      [],
      'suspending a foreign key',
    );
  }
  return keys;
}

/** @throws BackupError `E_TARGET_DEPENDENTS` where rows of another table refer to rows that are gone */
export async function resumeForeignKeys(session: Session, keys: readonly ForeignKey[]): Promise<void> {
  for (const key of keys) {
    const name = quoteIdentifier(key.name);
    const doing = `adding foreign key ${key.name} of ${key.schema}.${key.table} again`;
    try {
      await session.query(`ALTER TABLE ${tableSql(key)} ADD CONSTRAINT ${name} ${key.definition}`, [], doing);
    } catch (error) {
      if (error instanceof BackupError && error.code === 'E_DB_QUERY')
        throw dependent(key, messageOf(error), error);
      throw error;
    }
    if (key.comment === null) continue;
    await session.query(
      `COMMENT ON CONSTRAINT ${name} ON ${tableSql(key)} IS ${quoteLiteral(key.comment)}`,
      [],
      doing,
    );
  }
}

function dependent(key: ForeignKey, why: string, cause?: unknown): BackupError {
  const message = `foreign key ${key.name} of ${key.schema}.${key.table} does not fit the restored rows: ${why}`;
  return new BackupError('E_TARGET_DEPENDENTS', message, {
    cause,
    hint: `Restore ${key.schema}.${key.table} along with it, drop that foreign key, or restore --into another name.`,
  });
}

function tableSql({ schema, table }: ForeignKey): string {
  return relationSql({ schema, name: table });
}

/**
 * Adds the foreign keys of new tables. Between restored tables they must hold. One to a table that is not restored
 * along is added where it holds, and left out with a warning where it does not.
 */
export async function addForeignKeys(
  session: Session,
  moved: readonly TablePlan[],
  restored: readonly TablePlan[],
  reporter: Reporter,
): Promise<void> {
  for (const { target } of moved) {
    for (const { name, definition } of target.foreignKeys) {
      const to = referencedTable(definition);
      const isRestored = restored.some(
        ({ target: other }) => other.schema === to.schema && other.name === to.name,
      );
      const sql = `ALTER TABLE ${relationSql(target)} ADD CONSTRAINT ${quoteIdentifier(name)} ${definition}`;
      const doing = `adding foreign key ${name} of ${displayName(target)}`;
      if (isRestored) await session.command(sql, doing);
      else await tryCommand(session, sql, doing, reporter);
    }
  }
}

async function tryCommand(session: Session, sql: string, doing: string, reporter: Reporter): Promise<void> {
  await session.query('SAVEPOINT foreign_key', [], doing);
  try {
    await session.command(sql, doing);
  } catch (error) {
    const state = error instanceof BackupError ? codeOf(error.cause) : undefined;
    // No such table, key or right there; or rows that do not fit.
    if (!['42P01', '42830', '42703', '42804', '42501', '3F000', '23503'].includes(state ?? '')) throw error;
    await session.query('ROLLBACK TO SAVEPOINT foreign_key', [], doing);
    reporter.log('warn', `Left a foreign key out: ${messageOf(error)}. To add it: ${sql};`);
  }
  await session.query('RELEASE SAVEPOINT foreign_key', [], doing);
}
