import type { ColumnDefinition, SequenceDefinition } from '../format/manifest.ts';
import { quoteIdentifier, quoteLiteral } from '../postgres/quote.ts';
import type { Session } from '../postgres/session.ts';
import { readTargetRelation, relationSql } from '../postgres/target-relations.ts';
import { displayName, type TablePlan } from './restore-plan.ts';
import { createSequenceSql } from './sequence-sql.ts';
import type { QualifiedName } from './sql/names.ts';
import { sequencesIn } from './sql/rewrite-names.ts';

const doing = 'setting a sequence';

/**
 * Sets the sequences that the columns of a table own to where the source's were, or as far as its rows ask for.
 *
 * @param place where the table is now
 */
export async function setOwnedSequences(
  session: Session,
  table: TablePlan,
  place: QualifiedName,
): Promise<void> {
  const { sequences, columns, existing } = sequencesOf(table);
  for (const sequence of sequences) {
    if (sequence.column === null) continue;
    const counted = columns.filter(({ name }) => name === sequence.column);
    const last = await lastValueOf(session, sequence, counted, place);
    const name = { schema: place.schema, name: sequence.name };
    if (last !== null) await setSequence(session, name, last, existing);
  }
}

/**
 * Creates the sequences that defaults merely use where they are missing, and raises those that the rows of the table,
 * which is in its place by now, are ahead of. None is set back: others use them, too.
 */
export async function raiseUsedSequences(session: Session, table: TablePlan): Promise<void> {
  const { sequences, columns } = sequencesOf(table);
  for (const sequence of sequences) {
    if (sequence.column !== null) continue;
    const counted = columns.filter(({ default: expression }) => uses(expression, sequence));
    const last = await lastValueOf(session, sequence, counted, table.target);
    const current = await currentValue(session, sequence);
    const isAhead = last !== null && current !== null && last <= current !== countsDown(sequence);
    if (last !== null && !isAhead) await setSequence(session, sequence, last, true);
  }
}

/** Creates the sequences that defaults of a new table use, before the defaults are set. */
export async function createUsedSequences(session: Session, { target }: TablePlan): Promise<void> {
  for (const sequence of target.usedSequences) {
    if (await readTargetRelation(session, sequence.schema, sequence.name)) continue;
    const name = relationSql(sequence);
    await session.command(createSequenceSql(sequence, name), `creating sequence ${displayName(sequence)}`);
  }
}

/** The sequences of a table that is filled are the target's own; of others, those of the restore point. */
function sequencesOf({ action, target, source, existing }: TablePlan): {
  readonly sequences: readonly SequenceDefinition[];
  readonly columns: readonly ColumnDefinition[];
  readonly existing: boolean;
} {
  const own = action === 'fill' ? existing?.definition : undefined;
  if (!own) {
    return {
      sequences: [...target.ownedSequences, ...target.usedSequences],
      columns: target.columns,
      existing: false,
    };
  }
  const lastValue = ({ schema, name, column }: SequenceDefinition): string | null => {
    const isSame = (other: SequenceDefinition) =>
      column === null ? other.schema === schema && other.name === name : other.column === column;
    return source.sequences.find(isSame)?.lastValue ?? null;
  };
  return {
    sequences: own.sequences.map((sequence) => ({ ...sequence, lastValue: lastValue(sequence) })),
    columns: own.columns,
    existing: true,
  };
}

function uses(expression: string | null, { schema, name }: QualifiedName): boolean {
  return (
    expression !== null &&
    sequencesIn(expression).some((used) => used.schema === schema && used.name === name)
  );
}

/**
 * What a sequence must have handed out last, so that the next value is of no row: what the source's had, or the value
 * furthest along in the columns that count with it. Null: nothing.
 */
async function lastValueOf(
  session: Session,
  sequence: SequenceDefinition,
  columns: readonly ColumnDefinition[],
  table: QualifiedName,
): Promise<bigint | null> {
  const down = countsDown(sequence);
  const values: bigint[] = sequence.lastValue === null ? [] : [BigInt(sequence.lastValue)];
  for (const { name, encoding } of columns) {
    // One that cycles comes by old values again in any case.
    if (encoding !== 'integer' || sequence.cycle) continue;
    const furthest = `${down ? 'min' : 'max'}(${quoteIdentifier(name)})::text`;
    const sql = `SELECT ${furthest} AS value FROM ${relationSql(table)}`;
    const [row] = await session.query<{ value: string | null }>(sql, [], doing);
    if (row?.value) values.push(BigInt(row.value));
  }
  const [min, max] = [BigInt(sequence.min), BigInt(sequence.max)];
  return values
    .filter((value) => value >= min && value <= max)
    .reduce<bigint | null>((best, value) => (best === null || value < best === down ? value : best), null);
}

function countsDown({ increment }: SequenceDefinition): boolean {
  return increment.startsWith('-');
}

/**
 * setval is not undone by a rollback. A restarted sequence is: it gets a new file, which setval then writes to, and
 * which a rollback throws away, so that a failed restore leaves the target as it was.
 */
async function setSequence(
  session: Session,
  sequence: QualifiedName,
  last: bigint,
  existing: boolean,
): Promise<void> {
  const name = relationSql(sequence);
  if (existing) await session.query(`ALTER SEQUENCE ${name} RESTART`, [], doing);
  await session.query(`SELECT pg_catalog.setval(${quoteLiteral(name)}::regclass, ${last}, true)`, [], doing);
}

async function currentValue(session: Session, sequence: QualifiedName): Promise<bigint | null> {
  const [row] = await session.query<{ value: string | null }>(
    `SELECT pg_catalog.pg_sequence_last_value(${quoteLiteral(relationSql(sequence))}::regclass) AS value`,
    [],
    doing,
  );
  return row?.value ? BigInt(row.value) : null;
}
