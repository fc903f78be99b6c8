import { BackupError } from '../core/errors.ts';
import type { Session } from '../postgres/session.ts';

/**
 * Makes sure that the session which holds the run's snapshot, and the lock of its source, is still there.
 * @throws BackupError E_SNAPSHOT_LOST
 */
export async function requireSnapshot(leader: Session): Promise<void> {
  await leader.query('SELECT 1', [], 'checking that the snapshot is held').catch((cause: unknown) => {
    throw new BackupError('E_SNAPSHOT_LOST', 'the connection that holds the snapshot was lost', { cause });
  });
}
