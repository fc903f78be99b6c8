import { createHash } from 'node:crypto';
import type { Session } from './session.ts';

/** The advisory lock's key for a name: a signed 64-bit number, decimal. */
export function lockKey(name: string): string {
  return createHash('sha256').update(name).digest().readBigInt64BE(0).toString();
}

/**
 * Takes the session-level advisory lock of that name unless another session holds it; it ends with the session.
 * Writes nothing: read-only transactions and standbys allow it.
 */
export async function tryAdvisoryLock(session: Session, name: string): Promise<boolean> {
  const [row] = await session.query<{ locked: string }>(
    'SELECT pg_catalog.pg_try_advisory_lock($1::bigint) AS locked',
    [lockKey(name)],
    'taking the lock of the source',
  );
  return row?.locked === 't';
}
