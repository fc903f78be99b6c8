import type { Store } from '../store/store.ts';
import type { RestorePoint } from './manifests.ts';

/**
 * The bytes of a manifest as they lie in the store, for those who look for damage: asked for as a range, so that a
 * store's own checksum, which damage would fail, does not come between. At most one byte more than was listed.
 * @throws BackupError E_STORE_OBJECT_MISSING
 */
export async function readRawManifest(
  store: Store,
  { key, bytes }: Pick<RestorePoint, 'key' | 'bytes'>,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  return store.get(key, { range: { first: 0, length: bytes + 1 }, signal });
}
