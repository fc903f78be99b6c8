import { listRestorePoints } from '../../repository/manifests.ts';
import { readManifestHeads, type PointHead } from '../../repository/manifest-heads.ts';
import type { Store } from '../../store/store.ts';

/** How a restore point stands in the chain, as far as names tell; verify compares the SHA-256s. */
export type ChainState = 'root' | 'linked' | 'parent missing' | 'unknown';

export interface ListedPoint extends PointHead {
  readonly chain: ChainState;
}

export interface PointList {
  /** Newest first. */
  readonly points: readonly ListedPoint[];
  /** How many there are in all. */
  readonly total: number;
}

/** The newest restore points; undefined: all. One listing and one small request each. */
export async function listPoints(
  store: Store,
  limit: number | undefined,
  signal: AbortSignal,
): Promise<PointList> {
  const all = await listRestorePoints(store, signal);
  const keys = new Set(all.map(({ key }) => key));
  const newest = all.toReversed().slice(0, limit);
  const heads = await readManifestHeads(store, newest, signal);
  const points: ListedPoint[] = [];
  for (const point of heads) {
    // Where there is no head, retention may have removed the manifest since it was listed.
    const isGone = !point.head && (await store.head(point.key, signal)) === undefined;
    if (!isGone) points.push({ ...point, chain: chainOf(point, keys) });
  }
  return { points, total: all.length - (heads.length - points.length) };
}

function chainOf({ head }: PointHead, keys: ReadonlySet<string>): ChainState {
  if (!head) return 'unknown';
  if (!head.parent) return 'root';
  return keys.has(head.parent.key) ? 'linked' : 'parent missing';
}
