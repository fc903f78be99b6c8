import { BackupError } from '../../core/errors.ts';
import { listRestorePoints, readManifest, type StoredManifest } from '../../repository/manifests.ts';
import type { Store } from '../../store/store.ts';

export interface NewestPoint {
  /** The newest restore point that can be read; undefined where there is none. */
  readonly point: StoredManifest | undefined;
  /** Newer ones that cannot. */
  readonly damaged: readonly { readonly key: string; readonly problem: string }[];
  readonly total: number;
}

/** Reads manifests from the newest on until one is sound. */
export async function findNewestPoint(store: Store, signal: AbortSignal): Promise<NewestPoint> {
  const points = await listRestorePoints(store, signal);
  const damaged: { key: string; problem: string }[] = [];
  for (const { key } of points.toReversed()) {
    try {
      return { point: await readManifest(store, key, signal), damaged, total: points.length };
    } catch (error) {
      if (!(error instanceof BackupError) || !unusable.includes(error.code)) throw error;
      damaged.push({ key, problem: error.message });
    }
  }
  return { point: undefined, damaged, total: points.length };
}

const unusable: readonly string[] = [
  'E_MANIFEST_DAMAGED',
  'E_STORE_OBJECT_MISSING',
  'E_STORE_CORRUPT_TRANSFER',
];
