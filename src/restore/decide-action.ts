import { BackupError } from '../core/errors.ts';
import type { ColumnDefinition, PartitionOf } from '../format/manifest.ts';
import { quoteIdentifier } from '../postgres/quote.ts';
import { isEmptyTable, type TargetRelation } from '../postgres/target-relations.ts';
import type { Session } from '../postgres/session.ts';
import { displayName, isSameName, type TablePlan } from './restore-plan.ts';
import type { SelectedTable } from './select-tables.ts';
import type { QualifiedName } from './sql/names.ts';

export type Decision = Pick<TablePlan, 'action' | 'reason' | 'existing' | 'holdsRows'>;

/**
 * What becomes of a table in the target, and why.
 *
 * @param parent the place of the restored table that it is a partition of
 * @throws BackupError `E_TARGET_DIFFERENT`, `E_TARGET_PRIVILEGE`; a table that holds rows is told by `holdsRows`
 */
export async function decideAction(
  session: Session,
  { source, place }: SelectedTable,
  parent: QualifiedName | undefined,
  existing: TargetRelation | undefined,
  clean: boolean,
): Promise<Decision> {
  if (!existing) return { action: 'create', reason: 'not in the target', existing, holdsRows: false };
  const { definition } = existing;
  const name = displayName(place);
  if (!definition) {
    throw new BackupError('E_TARGET_DIFFERENT', `the target has a ${existing.kind} named ${name}`, {
      hint: `Rename or drop the ${existing.kind}, or restore --into another name.`,
    });
  }
  const difference =
    firstDifference(source.columns, definition.columns) ??
    keyDifference(source.partitionKey, existing.partitionKey) ??
    parentDifference(parent && { ...parent, bound: source.partitionOf?.bound ?? '' }, definition.partitionOf);
  if (difference !== undefined && !clean) {
    throw new BackupError('E_TARGET_DIFFERENT', `the target's table ${name} is another one: ${difference}`);
  }
  if (!existing.owned) throw notOwned(session, name, existing);
  const holdsRows = !(await isEmptyTable(session, definition));
  if (difference !== undefined) {
    return { action: 'replace', reason: `is another one: ${difference}`, existing, holdsRows };
  }
  return { action: 'fill', reason: 'has the same columns', existing, holdsRows };
}

/** Columns may be in another order, and differ in what does not change their values. */
function firstDifference(
  wanted: readonly ColumnDefinition[],
  found: readonly ColumnDefinition[],
): string | undefined {
  const byName = new Map(found.map((column) => [column.name, column]));
  for (const column of wanted) {
    const other = byName.get(column.name);
    if (!other) return `it lacks column ${column.name}`;
    if (other.type !== column.type)
      return `column ${column.name} is ${other.type} rather than ${column.type}`;
    if (other.generated !== column.generated) return `column ${column.name} is generated otherwise`;
    byName.delete(column.name);
  }
  const [extra] = byName.keys();
  return extra === undefined ? undefined : `it has a column ${extra} that the restore point lacks`;
}

/** A table that is not partitioned in the restore point may be so in the target: its rows find their place. */
function keyDifference(wanted: string | null, found: string | null): string | undefined {
  if (wanted === null || wanted === found) return undefined;
  return `it is ${found === null ? 'not partitioned' : `partitioned by ${found}`} rather than by ${wanted}`;
}

function parentDifference(wanted: PartitionOf | undefined, found: PartitionOf | null): string | undefined {
  if (!wanted || (found && isSameName(wanted, found) && wanted.bound === found.bound)) return undefined;
  const now = found === null ? 'no partition' : `a partition of ${displayName(found)} ${found.bound}`;
  return `it is ${now} rather than one of ${displayName(wanted)} ${wanted.bound}`;
}

function notOwned(session: Session, name: string, { owner }: TargetRelation): BackupError {
  const { user } = session.facts;
  return new BackupError('E_TARGET_PRIVILEGE', `role ${user} is not the owner of table ${name}`, {
    hint: `Restore as its owner, or run: GRANT ${quoteIdentifier(owner)} TO ${quoteIdentifier(user)};`,
  });
}
