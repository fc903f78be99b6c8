import type { ManifestTable, SequenceDefinition } from '../format/manifest.ts';
import { renameAfter, type TakenNames } from './choose-names.ts';
import type { OwnedSequence, TargetTable } from './restore-plan.ts';
import type { QualifiedName } from './sql/names.ts';
import { referencedTable } from './sql/check-fragment.ts';
import { renameReference, renameSequences } from './sql/rewrite-names.ts';

/** The definition of a table under the name it gets, whose indexes and sequences have names that are free there. */
export function defineTarget(table: ManifestTable, place: QualifiedName, taken: TakenNames): TargetTable {
  const { schema, name } = place;
  const rename = (old: string) => renameAfter(old, table, place);
  const free = (old: string) => taken.give(schema, rename(old));
  const owned = table.sequences
    .filter((sequence): sequence is OwnedSequence => sequence.column !== null)
    .map((sequence) => ({ from: sequence, to: { ...sequence, schema, name: free(sequence.name) } }));
  const renamed = (old: QualifiedName): SequenceDefinition | undefined =>
    owned.find(({ from }) => from.schema === old.schema && from.name === old.name)?.to;
  return {
    schema,
    name,
    columns: table.columns.map((column) => ({
      ...column,
      default: column.default === null ? null : renameSequences(column.default, renamed),
    })),
    constraints: table.constraints
      .filter(({ kind }) => kind !== 'foreign key')
      .map((constraint) => ({
        ...constraint,
        // All but checks have an index, which has their name.
        name: constraint.kind === 'check' ? rename(constraint.name) : free(constraint.name),
      })),
    foreignKeys: table.constraints
      .filter(({ kind }) => kind === 'foreign key')
      .map((key) => ({
        ...key,
        name: rename(key.name),
        definition: refersTo(key.definition, table) ? renameReference(key.definition, place) : key.definition,
      })),
    indexes: table.indexes.map((index) => ({ ...index, name: free(index.name) })),
    ownedSequences: owned.map(({ to }) => to),
    usedSequences: table.sequences.filter(({ column }) => column === null),
  };
}

function refersTo(foreignKey: string, table: QualifiedName): boolean {
  const { schema, name } = referencedTable(foreignKey);
  return schema === table.schema && name === table.name;
}
