import type { Store } from '../store/store.ts';
import type { RestorePoint } from './manifests.ts';

/**
 * The bytes of a manifest as they lie in the store, for those who look for damage: asked for as a range, so that a
 * store's own checksum, which damage would fail, does not come between. At most one byte more than was listed.
 * @throws BackupError E_STORE_OBJECT_MISSING
 */
export function rawManifest(
  store: Store,
  { key, bytes }: Pick<RestorePoint, 'key' | 'bytes'>,
  signal?: AbortSignal,
): AsyncIterable<Uint8Array> {
  return store.getStream(key, { range: { first: 0, length: bytes + 1 }, signal });
}
