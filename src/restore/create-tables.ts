import type { ColumnDefinition, SequenceDefinition } from '../format/manifest.ts';
import { quoteIdentifier } from '../postgres/quote.ts';
import type { Session } from '../postgres/session.ts';
import { relationSql } from '../postgres/target-relations.ts';
import { displayName, type OwnedSequence, type TablePlan } from './restore-plan.ts';
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
    await session.command(createTableSql(table, place), doing);
    if (table.action === 'fill') continue;
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

/** Rows that are only carried to a table that is there already need no write-ahead log of their own. */
function createTableSql({ target, action }: TablePlan, place: QualifiedName): string {
  const columns = target.columns.map(columnSql).join(', ');
  return `CREATE ${action === 'fill' ? 'UNLOGGED ' : ''}TABLE ${relationSql(place)} (${columns})`;
}

function columnSql({ name, type, collation, generated, notNull }: ColumnDefinition): string {
  const parts = [quoteIdentifier(name), type];
  if (collation !== null) parts.push(`COLLATE ${collation}`);
  if (generated !== null) parts.push(`GENERATED ALWAYS AS (${generated}) STORED`);
  if (notNull) parts.push('NOT NULL');
  return parts.join(' ');
}

function sequenceSql(sequence: OwnedSequence, { target }: TablePlan, place: QualifiedName): string {
  const name = relationSql({ ...place, name: sequence.name });
  if (!sequence.identity) return createSequenceSql(sequence, name);
  const column = target.columns.find((one) => one.name === sequence.column);
  const kind = column?.identity === 'always' ? 'ALWAYS' : 'BY DEFAULT';
  const options = `SEQUENCE NAME ${name} ${sequenceOptions(sequence)}`;
  return `ALTER TABLE ${relationSql(place)} ALTER COLUMN ${quoteIdentifier(sequence.column)} ADD GENERATED ${kind} AS IDENTITY (${options})`;
}

/** @param name qualified and quoted */
export function createSequenceSql(sequence: SequenceDefinition, name: string): string {
  return `CREATE SEQUENCE ${name} AS ${sequence.type} ${sequenceOptions(sequence)}`;
}

function sequenceOptions({ start, increment, min, max, cache, cycle }: SequenceDefinition): string {
  const bounds = `MINVALUE ${min} MAXVALUE ${max}`;
  return `START WITH ${start} INCREMENT BY ${increment} ${bounds} CACHE ${cache} ${cycle ? 'CYCLE' : 'NO CYCLE'}`;
}
