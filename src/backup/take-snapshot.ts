import { passFaultPoint } from '../core/fault-points.ts';
import { openSnapshot, type Snapshot } from '../postgres/snapshot.ts';
import type { BackupInput } from './backup-input.ts';
import { tablesToLock } from './lock-tables.ts';
import type { Source } from './source.ts';

/** Locks the tables of a run, takes its snapshot and says so in the log. */
export async function takeSnapshot(
  { settings, reporter }: BackupInput,
  { session }: Source,
): Promise<Snapshot> {
  const snapshot = await openSnapshot(session, await tablesToLock(session, settings.tables));
  passFaultPoint('backup.snapshot');
  reporter.log('info', `Snapshot ${snapshot.facts.text} at ${snapshot.facts.lsn ?? 'an unknown LSN'}`);
  return snapshot;
}
