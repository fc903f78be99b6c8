import { BackupError } from '../core/errors.ts';
import { digestOfAll } from '../format/digest.ts';
import type { ColumnDefinition, SequenceDefinition } from '../format/manifest.ts';
import { quoteIdentifier } from '../postgres/quote.ts';
import { checkSchemaName } from './check-schema-name.ts';
import { checkOptions } from './objects/table-options.ts';
import { displayName } from './restore-plan.ts';
import type { SourceTable } from './source-tables.ts';
import { checkConstraint, checkExpression, checkIndex, referencedTable } from './sql/check-fragment.ts';
import { checkBound, checkPartitionKey } from './sql/check-partition.ts';
import { checkCollation, checkSequenceType, checkType } from './sql/check-type.ts';
import { sequencesIn } from './sql/rewrite-names.ts';

/**
 * Proves that what the manifest says of a table cannot do more than make that table (law 8): its names can be names,
 * its fragments of SQL are nothing but what they should be, its parts fit together.
 *
 * @throws BackupError `E_MANIFEST_DAMAGED`
 */
export function checkTable(table: SourceTable): void {
  checkNames(table);
  for (const column of table.columns) checkColumn(column);
  checkOptions(table.options);
  for (const { kind, definition } of table.constraints) {
    checkConstraint(kind, definition);
    if (kind === 'foreign key') referencedTable(definition);
  }
  for (const { definition } of table.indexes) checkIndex(definition);
  for (const sequence of table.sequences) checkSequence(sequence, table);
  if (table.partitionKey !== null) checkPartitionKey(table.partitionKey);
  if (table.partitionOf) checkBound(table.partitionOf.bound);
  const hasPatches = table.ranges.some(({ patches }) => patches.length > 0);
  if (hasPatches && table.rangeKind === 'key' && table.key.length === 0) {
    throw damaged(table, 'it has patches, and no key to apply them by');
  }
  if (digestOfAll(table.ranges) !== table.digest) {
    throw damaged(table, 'its digest is not the sum of those of its ranges');
  }
}

function checkNames(table: SourceTable): void {
  const columns = table.columns.map(({ name }) => name);
  const relations = [...table.indexes, ...table.sequences, ...table.inherits, table];
  if (table.partitionOf) relations.push(table.partitionOf);
  try {
    for (const name of [...columns, ...table.constraints.map(({ name }) => name)]) quoteIdentifier(name);
    for (const { name } of relations) quoteIdentifier(name);
    for (const { schema } of [table, ...table.sequences]) checkSchemaName(schema);
  } catch (cause) {
    throw damaged(table, cause instanceof Error ? cause.message : String(cause), cause);
  }
  if (new Set(columns).size < columns.length) throw damaged(table, 'it has a column twice');
  const stray = table.key.find((name) => !columns.includes(name));
  if (stray !== undefined) throw damaged(table, `its key has a column ${stray}, which it lacks`);
}

function checkColumn({ type, default: expression, generated, collation }: ColumnDefinition): void {
  checkType(type);
  if (expression !== null) checkExpression(expression);
  if (generated !== null) checkExpression(generated);
  if (collation !== null) checkCollation(collation);
}

/** A sequence is made, set or raised: only one that belongs to a column here, or that a default here names. */
function checkSequence(sequence: SequenceDefinition, table: SourceTable): void {
  checkSequenceType(sequence.type);
  const { schema, name, column } = sequence;
  const isOwned =
    column !== null && schema === table.schema && table.columns.some((one) => one.name === column);
  const isUsed = table.columns.some(
    ({ default: expression }) =>
      expression !== null &&
      sequencesIn(expression).some((used) => used.schema === schema && used.name === name),
  );
  if (isOwned || (column === null && isUsed)) return;
  throw damaged(table, `it has nothing to do with its sequence ${schema}.${name}`);
}

function damaged(table: SourceTable, detail: string, cause?: unknown): BackupError {
  return new BackupError('E_MANIFEST_DAMAGED', `the restore point's table ${displayName(table)}: ${detail}`, {
    cause,
  });
}
