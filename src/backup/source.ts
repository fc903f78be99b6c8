import { BackupError } from '../core/errors.ts';
import type { RetryPolicy } from '../core/retry.ts';
import type { SourceIdentity } from '../format/manifest.ts';
import { lockKey, tryAdvisoryLock } from '../postgres/advisory-lock.ts';
import { connect } from '../postgres/connect.ts';
import type { ConnectionTarget } from '../postgres/connection-target.ts';
import { readSource } from '../postgres/read-source.ts';
import type { Session } from '../postgres/session.ts';

/** The source as a run holds it: one session with the lock and the snapshot. */
export interface Source {
  readonly session: Session;
  readonly identity: SourceIdentity;
  /** Names the lock space: equal for runs that the same advisory lock keeps apart. */
  readonly lockDomain: string;
}

/** A database that restarts, or a name server that hiccups, gets a second; a wrong port is told soon. */
export const patientConnect: RetryPolicy = { retries: 3, minWaitMs: 250, maxWaitMs: 2000 };

/** @param retry how often to try to connect again; once only when absent, for a person who waits for the answer */
export async function openSource(
  target: ConnectionTarget,
  purpose: string,
  signal: AbortSignal,
  retry?: RetryPolicy,
): Promise<Source> {
  const session = await connect(target, { purpose, signal, ...(retry ? { retry } : {}) });
  try {
    const identity = await readSource(session);
    const [server] = await session.query('SELECT pg_catalog.pg_postmaster_start_time()::text AS started');
    const parts = [identity.systemIdentifier, identity.databaseOid, identity.inRecovery, server?.['started']];
    return { session, identity, lockDomain: parts.join('/') };
  } catch (error) {
    await session.close();
    throw error;
  }
}

/**
 * Takes the session advisory lock of this source and store; it ends with the session.
 * @throws BackupError E_SOURCE_LOCKED (exit 3)
 */
export async function lockSource(source: Source, storeUrl: string): Promise<void> {
  const name = `storydredge-backup ${storeUrl}`;
  if (await tryAdvisoryLock(source.session, name)) return;
  const key = BigInt.asUintN(64, BigInt(lockKey(name)));
  const [classid, objid] = [key >> 32n, key & 0xffff_ffffn];
  const message = `another run backs this source up into this store: ${await holderOf(source.session, classid, objid)}`;
  throw new BackupError('E_SOURCE_LOCKED', message, {
    hint:
      'Wait for it to end. Its session: SELECT pid, application_name, backend_start FROM pg_stat_activity WHERE pid = ' +
      `(SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND classid = ${classid} AND objid = ${objid} ` +
      'AND database = (SELECT oid FROM pg_database WHERE datname = current_database()));',
  });
}

/**
 * Ends the session of a run that is done. The lock, the snapshot and the locks on tables are given up by the time it resolves,
 * so that the next run finds them free; the end of the server's process, which takes longer, is not waited for.
 */
export async function leaveSource({ session }: Source): Promise<void> {
  try {
    await session.query('ROLLBACK; SELECT pg_catalog.pg_advisory_unlock_all()', [], 'leaving the source');
    void session.close().catch(() => {});
  } catch {
    await session.close();
  }
}

/** Who holds the advisory lock, for people; a session of another role shows no more than its process. */
async function holderOf(session: Session, classid: bigint, objid: bigint): Promise<string> {
  const [row] = await session.query<{ pid: string; host: string | null; since: string | null }>(
    `SELECT l.pid, pg_catalog.host(a.client_addr) AS host,
            pg_catalog.to_char(a.backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"') AS since
       FROM pg_catalog.pg_locks AS l LEFT JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid
      WHERE l.locktype = 'advisory' AND l.granted AND l.classid = $1::oid AND l.objid = $2::oid
        AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())`,
    [classid.toString(), objid.toString()],
    'looking for the holder of the lock',
  );
  if (!row) return 'it ended just now';
  const from = row.host === null ? '' : ` from ${row.host}`;
  return `session ${row.pid}${from}${row.since === null ? '' : `, since ${row.since}`}`;
}
