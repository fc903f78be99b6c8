import { BackupError } from '../core/errors.ts';
import type { Session } from './session.ts';

const doing = 'committing the restore';

/**
 * Commits the current transaction and knows whether it was: where the connection breaks before the answer, a new one
 * asks the server what became of the transaction (law 2).
 *
 * @param reconnect opens another session on the same database
 * @throws BackupError, never retryable, when the transaction was not committed or nobody can tell
 */
export async function commitTransaction(session: Session, reconnect: () => Promise<Session>): Promise<void> {
  const [row] = await session.query<{ xid: string }>(
    'SELECT pg_catalog.pg_current_xact_id() AS xid',
    [],
    doing,
  );
  try {
    await session.query('COMMIT', [], doing);
  } catch (error) {
    if (!(error instanceof BackupError) || error.code !== 'E_DB_CONNECTION') throw error;
    const status = await statusOf(row?.xid ?? '', reconnect).catch(() => 'unknown');
    if (status === 'committed') return;
    const outcome = status === 'unknown' ? 'whether it was committed is not known' : 'nothing was committed';
    throw new BackupError('E_DB_CONNECTION', `the connection broke during the commit; ${outcome}`, {
      cause: error,
      hint: 'Look into the target before you run the restore again.',
    });
  }
}

async function statusOf(xid: string, reconnect: () => Promise<Session>): Promise<string> {
  const session = await reconnect();
  try {
    for (let tries = 0; tries < 20; tries++) {
      const [row] = await session.query<{ status: string | null }>(
        'SELECT pg_catalog.pg_xact_status($1::xid8) AS status',
        [xid],
        doing,
      );
      if (row?.status !== 'in progress') return row?.status ?? 'unknown';
      await session.query('SELECT pg_catalog.pg_sleep(0.5)', [], doing);
    }
    return 'unknown';
  } finally {
    await session.close();
  }
}
