import type { Secret } from '../core/secret.ts';
import { resolveConnection } from '../postgres/resolve-connection.ts';
import { SessionPool } from '../postgres/session-pool.ts';
import type { Session } from '../postgres/session.ts';
import { openTarget } from './target.ts';

interface Held {
  readonly session: Session;
}

/**
 * Sessions of this thread on the target.
 *
 * @param fast whether large values are compressed with lz4 where the server has it
 */
export function targetSessions(targetUrl: Secret | undefined, fast: boolean): SessionPool<Held> {
  return new SessionPool(async () => {
    const target = await resolveConnection({ databaseUrl: targetUrl }, process.env);
    const session = await openTarget(target, 'loader');
    // Nothing counts before the last commit, and that one waits for all before it to be durable.
    await session.query(`SELECT pg_catalog.set_config('synchronous_commit', 'off', false)`);
    if (fast) await preferLz4(session);
    return { session };
  });
}

/** The setting holds for values of columns that say nothing of their own, and is refused by a server without lz4. */
async function preferLz4(session: Session): Promise<void> {
  await session.query(
    `SELECT pg_catalog.set_config(name, 'lz4', false) FROM pg_catalog.pg_settings
      WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals)`,
  );
}
