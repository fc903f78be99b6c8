import { readLineage } from '../../backup/lineage.ts';
import type { SourceIdentity } from '../../format/manifest.ts';
import type { Store } from '../../store/store.ts';
import { pass, type Check } from './check.ts';

/** Whether what the store holds is of this database, and its newest manifest is sound. */
export async function checkRestorePoints(
  store: Store,
  identity: SourceIdentity,
  signal: AbortSignal,
): Promise<Check> {
  const { parent } = await readLineage(store, identity, false, signal);
  if (parent === null) return pass('restore points', 'none yet');
  return pass(
    'restore points',
    `the newest is of ${parent.committedAt.toISOString()}, of this database, and sound`,
  );
}
