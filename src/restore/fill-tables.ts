import { BugError } from '../core/errors.ts';
import type { TableDefinition } from '../format/manifest.ts';
import { digestCopy } from '../postgres/digest-copy.ts';
import { quoteIdentifier } from '../postgres/quote.ts';
import { fromItem } from '../postgres/read-table-definition.ts';
import type { Session } from '../postgres/session.ts';
import { nameList, readUserTriggers, relationSql, type UserTrigger } from '../postgres/target-relations.ts';
import { copySql, requireEqual } from './read-back.ts';
import { displayName, holdsOwnRows, loadedColumns, type TablePlan } from './restore-plan.ts';
import { setOwnedSequences } from './set-sequences.ts';
import { staged, type Staging } from './staging.ts';

/**
 * Empties tables that stay, fills them from the staging and reads them back. Triggers of users are off meanwhile: what
 * they did to the rows is in the rows already.
 */
export async function fillTables(
  session: Session,
  tables: readonly TablePlan[],
  staging: Staging,
): Promise<void> {
  const triggers: UserTrigger[][] = [];
  for (const { target, existing } of tables) {
    const found = await readUserTriggers(session, existing?.oid ?? 0);
    triggers.push(found);
    await switchTriggers(session, relationSql(target), found, 'off');
  }
  // Together, because a foreign key between them would forbid one alone; also where they are empty, to free space.
  const places = tables.map((table) => fromItem(definitionOf(table)));
  if (places.length > 0)
    await session.query(`TRUNCATE ${places.join(', ')}`, [], 'emptying the tables to fill');
  for (const table of tables.filter(holdsOwnRows)) await fillTable(session, table, staging);
  await session.query('SET CONSTRAINTS ALL IMMEDIATE', [], 'checking deferred constraints');
  for (const [index, { target }] of tables.entries()) {
    await switchTriggers(session, relationSql(target), triggers[index] ?? [], 'on');
  }
}

async function fillTable(session: Session, table: TablePlan, staging: Staging): Promise<void> {
  const { source, target } = table;
  const names = nameList(loadedColumns(source).map(({ name }) => name));
  const into = names === '' ? '' : ` (${names}) OVERRIDING SYSTEM VALUE`;
  const doing = `filling ${displayName(target)}`;
  const from = `ONLY ${relationSql(staged(staging, target))}`;
  await session.query(`INSERT INTO ${relationSql(target)}${into} SELECT ${names} FROM ${from}`, [], doing);
  // The target may have rules, or other expressions behind the same definitions: only its own rows prove it.
  requireEqual(table, await digestCopy(session, copySql(table, fromItem(definitionOf(table))), doing));
  await setOwnedSequences(session, table, target);
}

async function switchTriggers(
  session: Session,
  table: string,
  triggers: readonly UserTrigger[],
  to: 'on' | 'off',
): Promise<void> {
  for (const { name, enabled } of triggers) {
    const change = to === 'off' ? 'DISABLE' : `ENABLE ${enabled}`;
    await session.query(
      `ALTER TABLE ${table} ${change} TRIGGER ${quoteIdentifier(name)}`,
      [],
      'switching triggers',
    );
  }
}

function definitionOf({ existing, target }: TablePlan): TableDefinition {
  if (!existing?.definition) throw new BugError(`${displayName(target)} is not there to be filled`);
  return existing.definition;
}
