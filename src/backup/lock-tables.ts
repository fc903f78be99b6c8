import { checkReadable } from '../postgres/check-readable.ts';
import { findTables } from '../postgres/find-tables.ts';
import { quoteQualified } from '../postgres/quote.ts';
import type { Session } from '../postgres/session.ts';

/**
 * The tables of a run, as SQL, to be locked before its snapshot is taken. `TRUNCATE` and those forms of `ALTER TABLE`
 * that write a table anew are not bound to snapshots: one that commits between the snapshot and the first look at the
 * table would make it look empty (law 1). `ACCESS SHARE` is what reading takes anyway (law 7).
 *
 * @throws BackupError as `findTables` and `checkReadable` do
 */
export async function tablesToLock(session: Session, patterns: readonly string[]): Promise<string[]> {
  const { tables } = await findTables(session, patterns);
  const names: string[] = [];
  for (const { oid, schema, name, kind } of tables) {
    await checkReadable(session, { oid, schema, name });
    names.push(`${kind === 'table' ? 'ONLY ' : ''}${quoteQualified(schema, name)}`);
  }
  return names;
}
