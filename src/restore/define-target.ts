import type { ConstraintDefinition, RelationName, SequenceDefinition } from '../format/manifest.ts';
import { renameAfter, type TakenNames } from './choose-names.ts';
import type { OwnedSequence, TableAction, TargetTable } from './restore-plan.ts';
import type { SourceTable } from './source-tables.ts';
import type { QualifiedName } from './sql/names.ts';
import { referencedTable } from './sql/check-fragment.ts';
import { renameReference, renameSequences } from './sql/rewrite-names.ts';

/** What the definition of one table depends on: which others are restored, and under which names. */
export interface Relatives {
  /** The name that a table of the restore point gets, and what becomes of it; undefined where it is not restored. */
  readonly find: (
    source: RelationName,
  ) => { readonly place: QualifiedName; readonly action: TableAction } | undefined;
  /** New names of sequences, filled table by table: a partition's default may use its parent's. */
  readonly sequences: Map<string, QualifiedName>;
}

/** The definition of a table under the name it gets, whose indexes and sequences have names that are free there. */
export function defineTarget(
  table: SourceTable,
  place: QualifiedName,
  taken: TakenNames,
  relatives: Relatives,
): TargetTable {
  const { schema, name } = place;
  const rename = (old: string) => renameAfter(old, table, place);
  const free = (old: string) => taken.give(schema, rename(old));
  const owned = table.sequences
    .filter((sequence): sequence is OwnedSequence => sequence.column !== null)
    .map((sequence) => {
      const to = { ...sequence, schema, name: free(sequence.name) };
      relatives.sequences.set(nameOf(sequence), to);
      return to;
    });
  const renamed = (old: QualifiedName) => relatives.sequences.get(nameOf(old));
  const isInherited = inheritedBy(table, relatives);
  const constraints = table.constraints.filter((constraint) => !isInherited(constraint));
  return {
    schema,
    name,
    partitionKey: table.partitionKey,
    ...ancestryOf(table, relatives),
    unlogged: table.unlogged,
    columns: table.columns.map((column) => ({
      ...column,
      default: column.default === null ? null : renameSequences(column.default, renamed),
    })),
    constraints: constraints
      .filter(({ kind }) => kind !== 'foreign key')
      .map((constraint) => ({
        ...constraint,
        // All but checks have an index, which has their name.
        name: constraint.kind === 'check' ? rename(constraint.name) : free(constraint.name),
      })),
    foreignKeys: constraints
      .filter(({ kind }) => kind === 'foreign key')
      .map((key) => ({ ...key, name: rename(key.name), definition: referTo(key.definition, relatives) })),
    indexes: table.indexes.map((index) => ({ ...index, name: free(index.name) })),
    ownedSequences: owned,
    usedSequences: table.sequences
      .filter(({ column }) => column === null)
      .map((sequence): SequenceDefinition => ({ ...sequence, ...placeOf(renamed(sequence)) })),
  };
}

function ancestryOf(
  { partitionOf, inherits }: SourceTable,
  { find }: Relatives,
): Pick<TargetTable, 'partitionOf' | 'inherits'> {
  const parent = partitionOf && find(partitionOf)?.place;
  return {
    partitionOf: partitionOf && parent ? { ...placeOf(parent), bound: partitionOf.bound } : null,
    inherits: inherits.flatMap((one) => placeOf(find(one)?.place) ?? []),
  };
}

/**
 * Which constraints come from above by themselves: checks and foreign keys of tables that are created along. Keys are
 * made here all the same, and taken over when the table above gets its own. A table above that stays in the target gets
 * its new partition or heir once that has all of them, except foreign keys, which are added to the whole.
 */
function inheritedBy(
  { partitionOf, inherits }: SourceTable,
  { find }: Relatives,
): (constraint: ConstraintDefinition) => boolean {
  const above = [...(partitionOf ? [partitionOf] : []), ...inherits].map(find);
  const areCreated = above.length > 0 && above.every((one) => one && one.action !== 'fill');
  const isPartition = partitionOf !== null && find(partitionOf) !== undefined;
  return ({ inherited, kind }) =>
    inherited && ((kind === 'check' && areCreated) || (kind === 'foreign key' && isPartition));
}

/** A foreign key to a table that is restored under another name refers to that. */
function referTo(foreignKey: string, { find }: Relatives): string {
  const old = referencedTable(foreignKey);
  const place = find(old)?.place;
  const isSame = !place || (place.schema === old.schema && place.name === old.name);
  return isSame ? foreignKey : renameReference(foreignKey, place);
}

function placeOf(name: QualifiedName): QualifiedName;
function placeOf(name: QualifiedName | undefined): QualifiedName | undefined;
function placeOf(name: QualifiedName | undefined): QualifiedName | undefined {
  return name && { schema: name.schema, name: name.name };
}

function nameOf({ schema, name }: QualifiedName): string {
  return JSON.stringify([schema, name]);
}
