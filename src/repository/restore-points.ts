import { BackupError } from '../core/errors.ts';
import type { Store } from '../store/store.ts';
import { listRestorePoints, readManifest, type RestorePoint, type StoredManifest } from './manifests.ts';

/**
 * The restore point that `at` means, read: see `locateRestorePoint`.
 * @throws BackupError E_MANIFEST_NOT_FOUND, E_USAGE, and those of `readManifest`
 */
export async function findRestorePoint(
  store: Store,
  at: string,
  signal?: AbortSignal,
): Promise<StoredManifest> {
  const point = locateRestorePoint(store, await listRestorePoints(store, signal), at);
  return readManifest(store, point.key, signal);
}

/**
 * The restore point that `at` means: `latest`; a manifest's object key (with or without the store's prefix) or file
 * name; or a time, for the newest restore point at or before it. A date alone means its end, UTC; a time without an
 * offset is UTC.
 *
 * @param points all there are, oldest first
 * @throws BackupError E_MANIFEST_NOT_FOUND, E_USAGE
 */
export function locateRestorePoint(store: Store, points: readonly RestorePoint[], at: string): RestorePoint {
  if (points.length === 0) {
    throw new BackupError('E_MANIFEST_NOT_FOUND', `${store.url} holds no restore point`, {
      hint: 'Check --store; run `storydredge-backup backup` to make a first one.',
    });
  }
  const point = choose(store, points, at);
  if (point) return point;
  const oldest = points[0]?.committedAt.toISOString() ?? '';
  throw new BackupError('E_MANIFEST_NOT_FOUND', `no restore point fits --at ${at}`, {
    hint: `The oldest is of ${oldest}; \`storydredge-backup list\` shows all ${points.length}.`,
  });
}

function choose(store: Store, points: readonly RestorePoint[], at: string): RestorePoint | undefined {
  if (at === 'latest') return points.at(-1);
  if (at.includes('manifest')) {
    const name = at.slice(at.lastIndexOf('/') + 1);
    return points.find(
      ({ key }) => key === at || store.objectKey(key) === at || (at === name && key.endsWith(`/${name}`)),
    );
  }
  const time = parseTime(at);
  return points.findLast(({ committedAt }) => committedAt.getTime() <= time.getTime());
}

function parseTime(text: string): Date {
  const match = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(Z|[+-]\d\d:?\d\d)?)?$/.exec(
    text.trim(),
  );
  const clock = match?.[2] ?? '23:59:59.999';
  const time = new Date(`${match?.[1] ?? ''}T${clock}${match?.[3] ?? 'Z'}`);
  // Of a day that the month does not have, Date would make one of the next month.
  const isDay = new Date(`${match?.[1] ?? ''}T00:00Z`).getUTCDate() === Number(match?.[1]?.slice(8));
  if (isDay && !Number.isNaN(time.getTime())) return time;
  throw new BackupError('E_USAGE', `--at ${text} is neither latest, nor a manifest, nor a time`, {
    hint: 'Times look like 2025-05-27, 2025-05-27T03:00 or 2025-05-27T03:00:00+02:00.',
  });
}
