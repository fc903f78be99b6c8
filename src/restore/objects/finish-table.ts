import { quoteIdentifier } from '../../postgres/quote.ts';
import type { Session } from '../../postgres/session.ts';
import { relationSql } from '../../postgres/target-relations.ts';
import { renameAfter } from '../choose-names.ts';
import { displayName, type TablePlan } from '../restore-plan.ts';
import type { QualifiedName } from '../sql/names.ts';
import { commentOn } from './comment.ts';

/** The comments of a new table and of its parts, and its replica identity, once its indexes are there. */
export async function finishTable(session: Session, table: TablePlan, place: QualifiedName): Promise<void> {
  const { source, target } = table;
  const sql = relationSql(place);
  const part = (name: string): string => relationSql({ schema: place.schema, name });
  await commentOn(session, `TABLE ${sql}`, source.comment);
  for (const { name, comment } of target.columns)
    await commentOn(session, `COLUMN ${sql}.${quoteIdentifier(name)}`, comment);
  for (const { name, comment } of target.constraints)
    await commentOn(session, `CONSTRAINT ${quoteIdentifier(name)} ON ${sql}`, comment);
  for (const { name, comment } of target.indexes) await commentOn(session, `INDEX ${part(name)}`, comment);
  for (const { name, comment } of target.ownedSequences)
    await commentOn(session, `SEQUENCE ${part(name)}`, comment);
  await setReplicaIdentity(session, table, sql);
}

async function setReplicaIdentity(
  session: Session,
  { source, target }: TablePlan,
  sql: string,
): Promise<void> {
  const { replicaIdentity, replicaIndex } = source;
  if (replicaIdentity === 'default') return;
  let identity = replicaIdentity.toUpperCase();
  if (replicaIdentity === 'index') {
    const name = replicaIndex === null ? undefined : renameAfter(replicaIndex, source, target);
    const isThere = [...target.indexes, ...target.constraints].some((one) => one.name === name);
    // Its name was taken in the target, and it got another one.
    if (name === undefined || !isThere) return;
    identity = `USING INDEX ${quoteIdentifier(name)}`;
  }
  await session.command(
    `ALTER TABLE ${sql} REPLICA IDENTITY ${identity}`,
    `setting the replica identity of ${displayName(target)}`,
  );
}
