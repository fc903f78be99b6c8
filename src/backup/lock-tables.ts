import { checkPrivileges, checkReadable } from '../postgres/check-readable.ts';
import { findTables } from '../postgres/find-tables.ts';
import { quoteQualified } from '../postgres/quote.ts';
import type { Session } from '../postgres/session.ts';

/**
 * The tables of a run, as SQL, to be locked before its snapshot is taken. `TRUNCATE` and those forms of `ALTER TABLE`
 * that write a table anew are not bound to snapshots: one that commits between the snapshot and the first look at the
 * table would make it look empty (law 1). Partitions are not detached from a table that is locked. `ACCESS SHARE` is what
 * reading takes anyway (law 7).
 *
 * @throws BackupError as `findTables` and `checkReadable` do
 */
export async function tablesToLock(session: Session, patterns: readonly string[]): Promise<string[]> {
  const { tables, partitionedTables } = await findTables(session, patterns);
  for (const table of tables) await checkReadable(session, table);
  for (const table of partitionedTables) await checkPrivileges(session, table);
  return [...tables, ...partitionedTables].map(({ schema, name }) => `ONLY ${quoteQualified(schema, name)}`);
}
