import { quoteIdentifier } from '../postgres/quote.ts';
import type { Session } from '../postgres/session.ts';
import { relationSql } from '../postgres/target-relations.ts';
import { displayName, type TablePlan } from './restore-plan.ts';
import { createUsedSequences } from './set-sequences.ts';
import { staged, type Staging } from './staging.ts';

/**
 * Moves finished tables out of the staging; indexes, constraints and the sequences that columns own go with them.
 * Defaults come last, because they name sequences where they are now.
 */
export async function moveTables(
  session: Session,
  tables: readonly TablePlan[],
  staging: Staging,
): Promise<void> {
  for (const { target } of tables) {
    await session.query(
      `ALTER TABLE ${relationSql(staged(staging, target))} SET SCHEMA ${quoteIdentifier(target.schema)}`,
      [],
      `putting ${displayName(target)} in its place`,
    );
  }
  for (const table of tables) {
    await createUsedSequences(session, table);
    await setDefaults(session, table);
  }
}

async function setDefaults(session: Session, { target }: TablePlan): Promise<void> {
  for (const { name, default: expression, identity } of target.columns) {
    if (expression === null || identity !== null) continue;
    await session.command(
      // What a partition or an heir has of its own is its own.
      `ALTER TABLE ONLY ${relationSql(target)} ALTER COLUMN ${quoteIdentifier(name)} SET DEFAULT (${expression})`,
      `setting a default of ${displayName(target)}`,
    );
  }
}
