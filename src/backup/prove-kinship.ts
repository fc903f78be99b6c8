import type { Entries } from '../format/entries.ts';
import { BackupError } from '../core/errors.ts';
import type { Manifest, ManifestTable, RangeEntry, SourceIdentity } from '../format/manifest.ts';
import { digestCopy } from '../postgres/digest-copy.ts';
import { copyRangeSql } from '../postgres/range-sql.ts';
import type { Session } from '../postgres/session.ts';
import type { Store } from '../store/store.ts';
import type { OpenTable } from './open-table.ts';

/** Ranges of a table that are compared, evenly spread: old rows seldom change, so one of them is soon found equal. */
const samples = 12;

/** Whether both are one database of one cluster; a null identifier, which the role may not read, tells nothing. */
export function isSameCluster(kept: SourceIdentity, found: SourceIdentity): boolean {
  const sameSystem =
    kept.systemIdentifier === null ||
    found.systemIdentifier === null ||
    kept.systemIdentifier === found.systemIdentifier;
  return sameSystem && kept.databaseOid === found.databaseOid;
}

/**
 * Tells a database that was restored or moved to another cluster from another database of the same name: at least one
 * range must hold, byte for byte, the rows that the store has of it. Two databases are never mixed in one store.
 *
 * @throws BackupError E_STORE_OTHER_DATABASE where nothing is equal
 */
export async function proveKinship(
  session: Session,
  store: Store,
  manifest: Manifest,
  tables: readonly OpenTable[],
): Promise<void> {
  if (manifest.tables.every(({ rows }) => rows === 0)) return;
  for (const table of tables) {
    const { schema, name } = table.definition;
    const kept = manifest.tables.find((each) => each.schema === schema && each.name === name);
    if (kept && (await holdsRowsOf(session, table, kept))) return;
  }
  throw new BackupError(
    'E_STORE_OTHER_DATABASE',
    `${store.url} holds backups of a database named ${manifest.source.database} in another cluster, and no row of them was found in this one`,
    { hint: 'Pass --store with a prefix of its own for this database; two databases are never mixed.' },
  );
}

async function holdsRowsOf(session: Session, table: OpenTable, kept: ManifestTable): Promise<boolean> {
  const names = (columns: OpenTable['definition']['columns']) =>
    columns.map(({ name, type }) => `${name} ${type}`).join();
  if (names(kept.columns) !== names(table.definition.columns) || kept.rows === 0) return false;
  // Positions mean nothing in another heap: such a table is compared as a whole.
  const isByKey = kept.rangeKind === 'key' && kept.key.join() === table.definition.key.join();
  const wanted = isByKey ? spread(kept.ranges) : [{ ...kept, lo: null, hi: null }];
  for (const { lo, hi, rows, digest } of wanted) {
    const found = await digestCopy(session, copyRangeSql(table.readable, lo, hi));
    if (found.rows === rows && found.digest === digest) return true;
  }
  return false;
}

/** The first, the last, and others between them. */
function spread(ranges: Entries<RangeEntry>): RangeEntry[] {
  const count = Math.min(samples, ranges.length);
  const positions = Array.from({ length: count }, (_, index) =>
    Math.round((index * (ranges.length - 1)) / Math.max(count - 1, 1)),
  );
  return positions.map((position) => ranges.at(position)).filter((range) => range !== undefined);
}
