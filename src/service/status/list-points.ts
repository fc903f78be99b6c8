import { listRestorePoints } from '../../repository/manifests.ts';
import { readManifestHeads, type PointHead } from '../../repository/manifest-heads.ts';
import { readRemovals } from '../../repository/removals.ts';
import type { Store } from '../../store/store.ts';

/** How a restore point stands in the chain, as far as names tell; verify compares the SHA-256s. */
export type ChainState = 'root' | 'linked' | 'parent pruned' | 'parent missing' | 'unknown';

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
  const pruned = await prunedParents(store, heads, keys, signal);
  const points: ListedPoint[] = [];
  for (const point of heads) {
    // Where there is no head, retention may have removed the manifest since it was listed.
    const isGone = !point.head && (await store.head(point.key, signal)) === undefined;
    if (!isGone) points.push({ ...point, chain: chainOf(point, keys, pruned) });
  }
  return { points, total: all.length - (heads.length - points.length) };
}

/** The records of removals are read only where a parent is not there. */
async function prunedParents(
  store: Store,
  heads: readonly PointHead[],
  keys: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  if (heads.every(({ head }) => !head?.parent || keys.has(head.parent.key))) return new Set();
  const removals = await readRemovals(store, signal);
  return new Set(removals.flatMap(({ removed }) => removed.map(({ key }) => key)));
}

function chainOf({ head }: PointHead, keys: ReadonlySet<string>, pruned: ReadonlySet<string>): ChainState {
  if (!head) return 'unknown';
  if (!head.parent) return 'root';
  if (keys.has(head.parent.key)) return 'linked';
  return pruned.has(head.parent.key) ? 'parent pruned' : 'parent missing';
}
