import type { ColumnDefinition } from '../format/manifest.ts';
import { quoteIdentifier } from '../postgres/quote.ts';
import type { Session } from '../postgres/session.ts';
import { relationSql } from '../postgres/target-relations.ts';
import { heirOf } from './heirs.ts';
import { joinCreated } from './join-families.ts';
import { setTableOptions } from './objects/table-options.ts';
import { displayName, holdsOwnRows, type TablePlan } from './restore-plan.ts';
import { sequenceSql } from './sequence-sql.ts';
import type { QualifiedName } from './sql/names.ts';
import { staged, type Staging } from './staging.ts';

/**
 * Creates the tables of a plan in the staging, bare: columns and their own sequences, nothing that would slow the load
 * down. Each statement goes by the protocol that refuses several in one text (law 8).
 */
export async function createTables(
  session: Session,
  tables: readonly TablePlan[],
  staging: Staging,
): Promise<void> {
  for (const table of tables) {
    const { target } = table;
    const place = staged(staging, target);
    const doing = `creating ${displayName(target)}`;
    if (table.action === 'fill') {
      // Of a partitioned table that stays nothing is to be loaded.
      const sql = createTableSql(table, place, session.facts.serverVersion);
      if (holdsOwnRows(table)) await session.command(sql, doing);
      continue;
    }
    await createTable(session, table, tables, staging);
    await setTableOptions(session, table, place);
    for (const sequence of target.ownedSequences) {
      await session.command(sequenceSql(sequence, table, place), doing);
      if (sequence.identity) continue;
      const owner = `${relationSql(place)}.${quoteIdentifier(sequence.column)}`;
      await session.command(
        `ALTER SEQUENCE ${relationSql({ ...place, name: sequence.name })} OWNED BY ${owner}`,
        doing,
      );
    }
  }
}

async function createTable(
  session: Session,
  table: TablePlan,
  tables: readonly TablePlan[],
  staging: Staging,
): Promise<void> {
  const { target } = table;
  const doing = `creating ${displayName(target)}`;
  const version = session.facts.serverVersion;
  const place = staged(staging, target);
  const heir = heirOf(table, tables);
  if (!heir) {
    await session.command(createTableSql(table, place, version), doing);
    await joinCreated(session, table, tables, (name) => staged(staging, name));
    return;
  }
  const parents = heir.parents.map((name) => relationSql(staged(staging, name))).join(', ');
  const own = { ...target, columns: heir.ownColumns };
  const sql = `${createTableSql({ ...table, target: own }, place, version)} INHERITS (${parents})`;
  await session.command(sql, doing);
  for (const name of heir.notNull) {
    const column = quoteIdentifier(name);
    await session.command(`ALTER TABLE ${relationSql(place)} ALTER COLUMN ${column} SET NOT NULL`, doing);
  }
}

/** Rows that are only carried to a table that is there already need no write-ahead log of their own. */
function createTableSql({ target, action }: TablePlan, place: QualifiedName, version: number): string {
  const columns = target.columns.map((column) => columnSql(column, version)).join(', ');
  const kind = action === 'fill' || target.unlogged ? 'UNLOGGED TABLE' : 'TABLE';
  const partitioned = target.partitionKey === null ? '' : ` PARTITION BY ${target.partitionKey}`;
  return `CREATE ${kind} ${relationSql(place)} (${columns})${partitioned}`;
}

/** Columns that are computed when they are read; servers before store what they compute. */
const virtualSince = 180_000;

function columnSql(
  { name, type, collation, generated, virtual, notNull }: ColumnDefinition,
  version: number,
): string {
  const parts = [quoteIdentifier(name), type];
  if (collation !== null) parts.push(`COLLATE ${collation}`);
  const kind = virtual && version >= virtualSince ? 'VIRTUAL' : 'STORED';
  if (generated !== null) parts.push(`GENERATED ALWAYS AS (${generated}) ${kind}`);
  if (notNull) parts.push('NOT NULL');
  return parts.join(' ');
}
