import { BackupError } from '../core/errors.ts';
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
const connectRetry = { retries: 3, minWaitMs: 250, maxWaitMs: 2000 };

export async function openSource(
  target: ConnectionTarget,
  purpose: string,
  signal: AbortSignal,
  onRetry?: (error: unknown) => void,
): Promise<Source> {
  const session = await connect(target, {
    purpose,
    signal,
    retry: connectRetry,
    ...(onRetry ? { onRetry } : {}),
  });
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
  throw new BackupError('E_SOURCE_LOCKED', 'another run backs this source up into this store', {
    hint:
      'Wait for it to end. Its session: SELECT pid, application_name, backend_start FROM pg_stat_activity WHERE pid = ' +
      `(SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND classid = ${classid} AND objid = ${objid});`,
  });
}
