import { BackupError } from '../core/errors.ts';
import { listRestorePoints, readManifest, type StoredManifest } from '../repository/manifests.ts';
import { locateRestorePoint } from '../repository/restore-points.ts';
import type { DiffInput } from './diff-input.ts';

/** Where a comparison begins and ends; without `to` it ends at the database. */
interface Ends {
  readonly from: StoredManifest;
  readonly to: StoredManifest | undefined;
}

/**
 * Reads the restore points that are compared. The one to begin with is, where none is named, the newest for a database, and
 * for a restore point the one before it.
 *
 * @throws BackupError `E_MANIFEST_NOT_FOUND`, `E_USAGE`, and those of `readManifest`
 */
export async function findEnds({ store, at, to, signal }: DiffInput): Promise<Ends> {
  const points = await listRestorePoints(store, signal);
  const read = async (key: string) => readManifest(store, key, signal);
  if (to.kind === 'database') {
    return { from: await read(locateRestorePoint(store, points, at ?? 'latest').key), to: undefined };
  }
  const end = locateRestorePoint(store, points, to.at);
  const before = points[points.findIndex(({ key }) => key === end.key) - 1];
  const start = at === undefined ? before : locateRestorePoint(store, points, at);
  if (start) return { from: await read(start.key), to: await read(end.key) };
  throw new BackupError(
    'E_MANIFEST_NOT_FOUND',
    `there is no restore point before ${store.objectKey(end.key)}`,
    {
      hint: 'Name the one to begin with by --at; `storydredge-backup list` shows them.',
    },
  );
}
