import type { Session } from '../postgres/session.ts';
import { relationSql } from '../postgres/target-relations.ts';
import { displayName, holdsOwnRows, tablesAbove, type TablePlan } from './restore-plan.ts';
import { setOwnedSequences } from './set-sequences.ts';
import type { QualifiedName } from './sql/names.ts';

/**
 * Makes a table, still empty, a partition or heir of tables that are being created along. PostgreSQL then has no rows to
 * look through, neither here nor later, and checks the bound of each row as it is loaded.
 *
 * @param place where the tables are now
 */
export async function joinCreated(
  session: Session,
  table: TablePlan,
  tables: readonly TablePlan[],
  place: (table: QualifiedName) => QualifiedName,
): Promise<void> {
  for (const above of tablesAbove(table, tables)) {
    if (above.action !== 'fill') await join(session, table, above, place);
  }
}

/**
 * In the swap, when all are in their places: new tables become partitions and heirs of those that stayed in the target. Then
 * the sequences of partitioned tables that stayed are set by the rows of all their partitions.
 */
export async function joinFamilies(session: Session, tables: readonly TablePlan[]): Promise<void> {
  for (const table of tables) {
    if (table.action === 'fill') continue;
    for (const above of tablesAbove(table, tables)) {
      if (above.action === 'fill') await join(session, table, above, (name) => name);
    }
  }
  for (const table of tables) {
    if (table.action === 'fill' && !holdsOwnRows(table))
      await setOwnedSequences(session, table, table.target);
  }
}

async function join(
  session: Session,
  table: TablePlan,
  above: TablePlan,
  place: (table: QualifiedName) => QualifiedName,
): Promise<void> {
  const [child, parent] = [relationSql(place(table.target)), relationSql(place(above.target))];
  const { partitionOf } = table.target;
  const sql = partitionOf
    ? `ALTER TABLE ${parent} ATTACH PARTITION ${child} ${partitionOf.bound}`
    : `ALTER TABLE ${child} INHERIT ${parent}`;
  await session.command(sql, `joining ${displayName(table.target)} to ${displayName(above.target)}`);
}
