import type { ColumnDefinition } from '../format/manifest.ts';
import { tablesAbove, type TablePlan } from './restore-plan.ts';
import type { QualifiedName } from './sql/names.ts';

/** How to create a table that inherits, so that its inherited columns are inherited again and not its own. */
export interface Heir {
  readonly parents: readonly QualifiedName[];
  readonly ownColumns: readonly ColumnDefinition[];
  /** Inherited columns that are NOT NULL in the heir, and in none of its parents. */
  readonly notNull: readonly string[];
}

/**
 * Undefined for a table that inherits from nothing created along, and for one whose columns would come in another order
 * that way (a parent got a column later): it is created with all columns as its own, and made an heir then.
 */
export function heirOf(table: TablePlan, tables: readonly TablePlan[]): Heir | undefined {
  const { inherits, columns } = table.target;
  const parents = tablesAbove(table, tables).map(({ target, action }) => ({ ...target, action }));
  if (inherits.length === 0 || parents.length < inherits.length) return undefined;
  if (parents.some(({ action }) => action === 'fill')) return undefined;
  const above = new Map<string, boolean>();
  for (const column of parents.flatMap((parent) => parent.columns)) {
    above.set(column.name, column.notNull || (above.get(column.name) ?? false));
  }
  const isOwn = ({ name, inherited }: ColumnDefinition) => !inherited || !above.has(name);
  const ownColumns = columns.filter(isOwn);
  const order = [...above.keys(), ...ownColumns.map(({ name }) => name).filter((name) => !above.has(name))];
  if (order.length !== columns.length || columns.some(({ name }, index) => name !== order[index])) {
    return undefined;
  }
  return {
    parents,
    ownColumns,
    notNull: columns
      .filter((column) => !isOwn(column) && column.notNull && above.get(column.name) === false)
      .map(({ name }) => name),
  };
}
