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

/**
 * @param isLossy whether rows were left out of what is restored
 * @returns the keys that were added without looking at the rows, which do not fit
 * @throws BackupError `E_TARGET_DEPENDENTS` where rows of another table refer to rows that are gone
 */
export async function resumeForeignKeys(
  session: Session,
  keys: readonly ForeignKey[],
  isLossy: boolean,
): Promise<UnprovedForeignKey[]> {
  const unproved: UnprovedForeignKey[] = [];
  for (const key of keys) {
    const name = quoteIdentifier(key.name);
    const doing = `adding foreign key ${key.name} of ${key.schema}.${key.table} again`;
    const sql = `ALTER TABLE ${tableSql(key)} ADD CONSTRAINT ${name} ${key.definition}`;
    try {
      if (!isLossy) await session.query(sql, [], doing);
      else if (await addUnproved(session, sql, doing))
        unproved.push({ table: `${key.schema}.${key.table}`, name: key.name, state: 'not valid' });
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
  return unproved;
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

/** A foreign key that the restored rows do not fit. */
export interface UnprovedForeignKey {
  /** `schema.table` in the target. */
  readonly table: string;
  readonly name: string;
  /** `not valid`: it is there, and holds for rows that are written from now on. */
  readonly state: 'not valid' | 'left out';
}

/**
 * Adds the foreign keys of new tables. Between restored tables they must hold. One to a table that is not restored
 * along is added where it holds, and left out with a warning where it does not. Where rows were left out, one that does
 * not fit is added as `NOT VALID`: the data stay, and the key holds for what comes.
 *
 * @param restored tables whose rows are all there
 * @param isLossy whether rows were left out of what is restored
 * @returns those that the rows do not fit
 */
export async function addForeignKeys(
  session: Session,
  moved: readonly TablePlan[],
  restored: readonly TablePlan[],
  isLossy: boolean,
  reporter: Reporter,
): Promise<UnprovedForeignKey[]> {
  const unproved: UnprovedForeignKey[] = [];
  for (const { target } of moved) {
    for (const { name, definition } of target.foreignKeys) {
      const to = referencedTable(definition);
      const isRestored = restored.some(
        ({ target: other }) => other.schema === to.schema && other.name === to.name,
      );
      const table = displayName(target);
      const sql = `ALTER TABLE ${relationSql(target)} ADD CONSTRAINT ${quoteIdentifier(name)} ${definition}`;
      const doing = `adding foreign key ${name} of ${table}`;
      if (isRestored && !isLossy) await session.command(sql, doing);
      else {
        const state = await tryCommand(session, sql, doing, isLossy, reporter);
        if (state) unproved.push({ table, name, state });
      }
    }
  }
  return unproved;
}

/** No such table, key or right there; or rows that do not fit. */
const unfitStates = ['42P01', '42830', '42703', '42804', '42501', '3F000', '23503'];

async function tryCommand(
  session: Session,
  sql: string,
  doing: string,
  isLossy: boolean,
  reporter: Reporter,
): Promise<UnprovedForeignKey['state'] | undefined> {
  try {
    const isUnproved = await (isLossy
      ? addUnproved(session, sql, doing)
      : withinSavepoint(session, sql, doing));
    return isUnproved ? 'not valid' : undefined;
  } catch (error) {
    if (!unfitStates.includes(stateOf(error))) throw error;
    reporter.log('warn', `Left a foreign key out: ${messageOf(error)}. To add it: ${sql};`);
    return 'left out';
  }
}

/**
 * Adds a foreign key, without looking at the rows where they do not fit; what PostgreSQL does not take without that (of a
 * partitioned table) fails as it did with it.
 *
 * @returns whether the rows do not fit
 */
async function addUnproved(session: Session, sql: string, doing: string): Promise<boolean> {
  try {
    return await withinSavepoint(session, sql, doing);
  } catch (error) {
    if (stateOf(error) !== '23503') throw error;
    try {
      await withinSavepoint(session, `${sql} NOT VALID`, doing);
      return true;
    } catch {
      throw error;
    }
  }
}

async function withinSavepoint(session: Session, sql: string, doing: string): Promise<false> {
  await session.query('SAVEPOINT foreign_key', [], doing);
  try {
    await session.command(sql, doing);
  } catch (error) {
    const isRefused = /^[0-9A-Z]{5}$/.test(stateOf(error));
    if (isRefused) await session.query('ROLLBACK TO SAVEPOINT foreign_key', [], doing);
    throw error;
  }
  await session.query('RELEASE SAVEPOINT foreign_key', [], doing);
  return false;
}

/** SQLSTATE of what the server refused. */
function stateOf(error: unknown): string {
  return (error instanceof BackupError && codeOf(error.cause)) || '';
}
