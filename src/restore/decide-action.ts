import { BackupError } from '../core/errors.ts';
import type { ColumnDefinition } from '../format/manifest.ts';
import { quoteIdentifier } from '../postgres/quote.ts';
import { isEmptyTable, type TargetRelation } from '../postgres/target-relations.ts';
import type { Session } from '../postgres/session.ts';
import { displayName, type TablePlan } from './restore-plan.ts';
import type { SelectedTable } from './select-tables.ts';

export type Decision = Pick<TablePlan, 'action' | 'reason' | 'existing' | 'holdsRows'>;

/**
 * What becomes of a table in the target, and why.
 *
 * @throws BackupError `E_TARGET_DIFFERENT`, `E_TARGET_PRIVILEGE`; a table that holds rows is told by `holdsRows`
 */
export async function decideAction(
  session: Session,
  { source, place }: SelectedTable,
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
  const difference = firstDifference(source.columns, definition.columns);
  if (difference !== undefined && !clean) {
    throw new BackupError('E_TARGET_DIFFERENT', `the target's table ${name} is another one: ${difference}`);
  }
  if (!existing.owned) throw notOwned(session, name, existing);
  const holdsRows = !(await isEmptyTable(session, definition));
  if (difference !== undefined) {
    return { action: 'replace', reason: `has other columns: ${difference}`, existing, holdsRows };
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

function notOwned(session: Session, name: string, { owner }: TargetRelation): BackupError {
  const { user } = session.facts;
  return new BackupError('E_TARGET_PRIVILEGE', `role ${user} is not the owner of table ${name}`, {
    hint: `Restore as its owner, or run: GRANT ${quoteIdentifier(owner)} TO ${quoteIdentifier(user)};`,
  });
}
