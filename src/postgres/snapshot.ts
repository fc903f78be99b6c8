import { BackupError } from '../core/errors.ts';
import type { SnapshotFacts } from '../format/manifest.ts';
import { quoteLiteral } from './quote.ts';
import type { Session } from './session.ts';

/** An MVCC snapshot, held open by the session that took it until it commits or ends. */
export interface Snapshot {
  /** For `adoptSnapshot`. */
  readonly id: string;
  readonly facts: SnapshotFacts;
  /**
   * Whether other sessions may read it. On a standby a snapshot that had overflowed subtransactions would show them
   * rows that were not committed yet: there all must be read in the session that holds it.
   */
  readonly adoptable: boolean;
  /** WAL position before the snapshot was taken; null where unknown. That of `facts` is the one after. */
  readonly lsnBefore: string | null;
  /** Whether the server tells how far its WAL is flushed: a role may be denied it, and not every provider knows. */
  readonly tellsFlushed: boolean;
}

/** On a primary the end of what was inserted: a commit may be seen before it is written, if it is asynchronous. */
const walPosition = `CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_replay_lsn()
                          ELSE pg_catalog.pg_current_wal_insert_lsn() END`;

/** How far the WAL is flushed. On a standby null: what it shows was flushed before it was sent. */
export const flushedPosition =
  'CASE WHEN NOT pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_current_wal_flush_lsn() END';

const begin = 'BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY';

interface SnapshotRow {
  id: string;
  text: string;
  xmin: string;
  xmax: string;
  lsn: string | null;
  taken: string;
  recovering: string;
}

/**
 * Begins the read-only transaction of a run and exports its snapshot.
 *
 * @param lock names of tables, as SQL, that are locked `ACCESS SHARE` before: none is altered, emptied or dropped then
 * as long as the snapshot is held
 * @throws BackupError `E_SOURCE_CHANGED` where one of them is gone
 */
export async function openSnapshot(session: Session, lock: readonly string[] = []): Promise<Snapshot> {
  const before = await readPosition(session);
  await session.query(begin, [], 'taking a snapshot');
  if (lock.length > 0) await lockTables(session, lock);
  const [row] = await session.query<SnapshotRow>(
    `SELECT pg_catalog.pg_export_snapshot() AS id, s.snapshot::text AS text,
            pg_catalog.pg_snapshot_xmin(s.snapshot) AS xmin, pg_catalog.pg_snapshot_xmax(s.snapshot) AS xmax,
            ${walPosition} AS lsn,
            pg_catalog.to_char(pg_catalog.clock_timestamp() AT TIME ZONE 'UTC',
                               'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS taken,
            pg_catalog.pg_is_in_recovery() AS recovering
       FROM (SELECT pg_catalog.pg_current_snapshot()) AS s(snapshot)`,
    [],
    'taking a snapshot',
  );
  if (!row) throw new BackupError('E_DB_QUERY', 'taking a snapshot: no row came back');
  const { id, text, xmin, xmax, lsn, taken, recovering } = row;
  const facts = { text, xmin, xmax, lsn, takenAt: taken };
  return { id, facts, adoptable: recovering === 'f', ...before };
}

/** Outside of a transaction, which an error would end: the flushed position is for who may know it. */
async function readPosition(session: Session): Promise<Pick<Snapshot, 'lsnBefore' | 'tellsFlushed'>> {
  const read = async (more: string) => {
    const [row] = await session.query<{ lsn: string | null }>(
      `SELECT ${walPosition} AS lsn${more}`,
      [],
      'taking a snapshot',
    );
    return row?.lsn ?? null;
  };
  try {
    return { lsnBefore: await read(`, ${flushedPosition}`), tellsFlushed: true };
  } catch {
    // What is wrong with the session itself is told again.
    return { lsnBefore: await read(''), tellsFlushed: false };
  }
}

async function lockTables(session: Session, names: readonly string[]): Promise<void> {
  try {
    await session.query(`LOCK TABLE ${names.join(', ')} IN ACCESS SHARE MODE`, [], 'locking the tables');
  } catch (error) {
    if (!hasSqlState(error, ['42P01', '3F000'])) throw error;
    throw new BackupError('E_SOURCE_CHANGED', 'a table was dropped or renamed as the run began', {
      cause: error,
    });
  }
}

/**
 * Begins a read-only transaction that sees exactly what the snapshot sees.
 *
 * @throws BackupError `E_SNAPSHOT_LOST` when nobody holds it any more; the session is then without a transaction.
 */
export async function adoptSnapshot(session: Session, id: string): Promise<void> {
  await session.query(begin, [], 'adopting the snapshot');
  try {
    await session.query(`SET TRANSACTION SNAPSHOT ${quoteLiteral(id)}`, [], 'adopting the snapshot');
  } catch (error) {
    if (!isLost(error)) throw error;
    await session.query('ROLLBACK', [], 'giving the snapshot up');
    throw new BackupError('E_SNAPSHOT_LOST', 'the snapshot of this run is gone', { cause: error });
  }
}

/** Ends the transaction that holds or has adopted a snapshot. */
export async function endSnapshot(session: Session): Promise<void> {
  await session.query('COMMIT', [], 'ending the snapshot');
}

/** No such file (22023, from version 17 on 42704), or the process that exported it has ended (55000). */
function isLost(error: unknown): boolean {
  return hasSqlState(error, ['22023', '42704', '55000']);
}

function hasSqlState(error: unknown, states: readonly string[]): boolean {
  if (!(error instanceof BackupError) || error.code !== 'E_DB_QUERY') return false;
  const { cause } = error;
  return cause instanceof Error && 'code' in cause && states.includes(String(cause.code));
}
