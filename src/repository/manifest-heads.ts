import pMap from 'p-map';
import { BackupError, messageOf } from '../core/errors.ts';
import { HeadStart, mostHeadBytes, type ManifestHead } from '../format/manifest-head.ts';
import { damagedManifest } from '../format/manifest-reader.ts';
import type { Store } from '../store/store.ts';
import { manifestText } from './manifest-object.ts';
import type { RestorePoint } from './manifests.ts';

/** A restore point with what its manifest's first bytes tell, or why they tell nothing. */
export interface PointHead extends RestorePoint {
  readonly head: ManifestHead | undefined;
  /** Why the manifest cannot be used; undefined where its head is sound. */
  readonly problem: string | undefined;
}

/** A head is about a kilobyte; only a snapshot with thousands of running transactions makes it longer than this. */
const firstBytes = 64 * 1024;
const requestsAtOnce = 16;

/** Heads of manifests, in the order given: one small request each. A damaged one is told as such and stops nothing. */
export async function readManifestHeads(
  store: Store,
  points: readonly RestorePoint[],
  signal?: AbortSignal,
): Promise<PointHead[]> {
  const read = async (point: RestorePoint): Promise<PointHead> => {
    try {
      return { ...point, head: await readHead(store, point, signal), problem: undefined };
    } catch (error) {
      if (!(error instanceof BackupError) || !unusable.includes(error.code)) throw error;
      return { ...point, head: undefined, problem: messageOf(error) };
    }
  };
  return pMap(points, read, { concurrency: requestsAtOnce, ...(signal ? { signal } : {}) });
}

const unusable: readonly string[] = ['E_MANIFEST_DAMAGED', 'E_MANIFEST_VERSION', 'E_STORE_OBJECT_MISSING'];

async function readHead(
  store: Store,
  { key, bytes }: RestorePoint,
  signal: AbortSignal | undefined,
): Promise<ManifestHead> {
  const object = store.objectKey(key);
  for (const length of [firstBytes, mostHeadBytes]) {
    const range = { first: 0, length };
    try {
      const head = await headOfText(manifestText(store.getStream(key, { range, signal }), object), object);
      if (head) return head;
    } catch (error) {
      // Compressed bytes that are cut off cannot be told from damaged ones.
      const isCut = bytes > length && error instanceof BackupError && error.code === 'E_MANIFEST_DAMAGED';
      if (!isCut) throw error;
    }
    if (bytes <= length) break;
  }
  throw damagedManifest(object, 'it has no list of tables');
}

/**
 * The head that a text begins with, which is read no further; undefined where it ends before.
 * @throws BackupError E_MANIFEST_DAMAGED, E_MANIFEST_VERSION
 */
async function headOfText(
  text: AsyncIterable<Uint8Array>,
  object: string,
): Promise<ManifestHead | undefined> {
  const start = new HeadStart(object);
  for await (const piece of text) if (!start.push(piece)) break;
  return start.head();
}
