import type { OpenClient } from './open-client.ts';

/** A session as the server knows it. */
export interface SessionIdentity {
  /** Of its backend, even behind a connection pooler. */
  readonly backendId: number;
  /** When the server was started that has the backend. */
  readonly serverStarted: string;
}

/** For `serverStarted`, as SQL. */
export const serverStartTime = 'extract(epoch FROM pg_catalog.pg_postmaster_start_time())';

/** Whether the server works for a session; unknown where another server answered, or none. */
export type SessionState = 'at work' | 'not at work' | 'unknown';

/**
 * Asks the server, over another connection, whether it works for a session: one that waits for an answer while the
 * server does not has lost it on the way.
 *
 * @param open opens the connection, within a time limit
 * @param end whether to end the session on the server, too, where it is not at work: it would go on holding its locks
 * @param mostMs how long an answer is waited for
 */
export async function askServer(
  open: () => Promise<OpenClient>,
  { backendId, serverStarted }: SessionIdentity,
  end: boolean,
  mostMs: number,
): Promise<SessionState> {
  let asking: OpenClient | undefined;
  const timer = setTimeout(() => asking?.socket.destroy(), mostMs);
  try {
    asking = await open();
    timer.refresh();
    const { client } = asking;
    const started = await client.query<{ at: string }>(`SELECT ${serverStartTime} AS at`);
    if (started.rows[0]?.at !== serverStarted) return 'unknown';
    const { rows } = await client.query<{ state: string | null }>(
      'SELECT state FROM pg_catalog.pg_stat_get_activity($1)',
      [backendId],
    );
    const state = rows[0] === undefined || rows[0].state?.startsWith('idle') ? 'not at work' : 'at work';
    if (state === 'not at work' && end) {
      await client.query('SELECT pg_catalog.pg_terminate_backend($1)', [backendId]);
    }
    return state;
  } catch {
    return 'unknown';
  } finally {
    clearTimeout(timer);
    asking?.socket.destroy();
  }
}
