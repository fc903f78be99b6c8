import type { SequenceDefinition } from '../format/manifest.ts';
import { quoteIdentifier } from '../postgres/quote.ts';
import { relationSql } from '../postgres/target-relations.ts';
import type { OwnedSequence, TablePlan } from './restore-plan.ts';
import type { QualifiedName } from './sql/names.ts';

/** Creates a sequence that a column owns; one of an identity column comes with making it one. */
export function sequenceSql(sequence: OwnedSequence, { target }: TablePlan, place: QualifiedName): string {
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
