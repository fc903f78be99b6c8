import {
  chunkNumber,
  chunkPrefix,
  chunkRunStart,
  isSchemaDumpKey,
  proofOf,
  proofPrefix,
  schemaDumpPrefix,
} from '../../format/keys.ts';
import type { StoredRemoval } from '../../repository/removals.ts';
import type { Store, StoredObject } from '../../store/store.ts';
import type { NamedObjects } from './named-objects.ts';

/** What decides whether an object that no manifest names may go. */
export interface GarbageRules {
  readonly named: NamedObjects;
  /** Keys of the manifests that are there. */
  readonly manifests: ReadonlySet<string>;
  readonly lastChunkNumber: number;
  /** Only what is older goes: the grace period, and the start of a run that is going on. */
  readonly before: Date;
}

export interface Garbage {
  readonly kind: 'chunk' | 'other';
  readonly object: StoredObject;
  /** False for what is still too young. */
  readonly isOld: boolean;
}

/**
 * The objects that no manifest names; what has other names than this program gives is not ours to remove. A chunk numbered above the newest manifest's last is none of them, however old: it is
 * what an interrupted run has shipped, and the run that continues it will name it. That, and that the newest manifest stays,
 * makes it safe beside a running backup: all its chunks are named by its parent, or are numbered above it (law 3).
 */
export async function* findGarbage(
  store: Store,
  rules: GarbageRules,
  signal: AbortSignal,
): AsyncGenerator<Garbage> {
  const { named, manifests, lastChunkNumber, before } = rules;
  const isOld = ({ lastModified }: StoredObject) => lastModified < before;
  for await (const object of store.list(chunkPrefix, { signal })) {
    const number = chunkNumber(object.key);
    const runStart = chunkRunStart(object.key);
    if (number === undefined || number > lastChunkNumber || named.hasChunk(number) || !runStart) continue;
    yield { kind: 'chunk', object, isOld: isOld(object) && runStart < before };
  }
  for await (const object of store.list(schemaDumpPrefix, { signal })) {
    if (!isSchemaDumpKey(object.key) || named.hasSchema(object.key)) continue;
    yield { kind: 'other', object, isOld: isOld(object) };
  }
  for await (const object of store.list(proofPrefix, { signal })) {
    const proof = proofOf(object.key);
    if (proof && !manifests.has(proof.manifest)) yield { kind: 'other', object, isOld: isOld(object) };
  }
}

/**
 * Records of removals that explain no gap any more: all they tell of is older than the oldest manifest, and none is its
 * parent.
 */
export function uselessRemovals(
  removals: readonly StoredRemoval[],
  oldest: { readonly key: string; readonly parent: string | undefined },
): string[] {
  return removals
    .filter(({ removed }) => removed.every(({ key }) => key < oldest.key && key !== oldest.parent))
    .map(({ key }) => key);
}
