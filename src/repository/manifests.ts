import { createHash } from 'node:crypto';
import { BackupError, BugError } from '../core/errors.ts';
import { manifestKey, manifestPrefix, manifestTime } from '../format/keys.ts';
import type { Manifest, ManifestReference } from '../format/manifest.ts';
import { formatManifest, parseManifest } from '../format/manifest-text.ts';
import type { Store } from '../store/store.ts';

/** A manifest as it lies in the store. */
export interface StoredManifest {
  readonly reference: ManifestReference;
  readonly bytes: number;
  readonly manifest: Manifest;
}

/** A restore point known by its key only. */
export interface RestorePoint {
  readonly key: string;
  readonly committedAt: Date;
  readonly bytes: number;
}

/** All restore points, oldest first. Objects below `manifests/` with other names are none of ours. */
export async function listRestorePoints(store: Store, signal?: AbortSignal): Promise<RestorePoint[]> {
  const points: RestorePoint[] = [];
  for await (const object of store.list(manifestPrefix, { signal })) {
    const committedAt = manifestTime(object.key);
    if (committedAt) points.push({ key: object.key, committedAt, bytes: object.bytes });
  }
  return points.sort((a, b) => a.committedAt.getTime() - b.committedAt.getTime());
}

/** @throws BackupError E_STORE_OBJECT_MISSING, E_MANIFEST_DAMAGED, E_MANIFEST_VERSION */
export async function readManifest(store: Store, key: string, signal?: AbortSignal): Promise<StoredManifest> {
  const text = await store.get(key, { signal });
  const sha256 = sha256Of(text);
  return { reference: { key, sha256 }, bytes: text.byteLength, manifest: parseManifest(text, key) };
}

/** The SHA-256 of a manifest's bytes, sound or not: what a chain names it by. */
export async function referenceManifest(
  store: Store,
  key: string,
  signal?: AbortSignal,
): Promise<ManifestReference> {
  return { key, sha256: sha256Of(await store.get(key, { signal })) };
}

/**
 * Puts the manifest that `compose` makes for its commit time, and so commits the run (law 3: last). The commit time
 * is later than every restore point there is, whatever the clock says, so that names order as the chain does; a name
 * taken in the meantime is left alone and the next second is tried (law 5).
 */
export async function commitManifest(
  store: Store,
  compose: (committedAt: Date) => Manifest,
  after: Date | undefined,
  signal?: AbortSignal,
): Promise<StoredManifest> {
  let time = new Date(Math.max(wholeSecond(Date.now()), after ? wholeSecond(after.getTime()) + 1000 : 0));
  for (let tries = 0; tries < 10; tries++) {
    const key = manifestKey(time);
    const manifest = compose(time);
    const body = proved(manifest, key);
    try {
      const metadata = { 'format-version': manifest.formatVersion, 'run-id': manifest.runId };
      await store.put(key, body, { ifAbsent: true, contentType: 'application/json', metadata, signal });
      return { reference: { key, sha256: sha256Of(body) }, bytes: body.byteLength, manifest };
    } catch (error) {
      if (!(error instanceof BackupError) || error.code !== 'E_STORE_OBJECT_EXISTS') throw error;
      time = new Date(time.getTime() + 1000);
    }
  }
  throw new BackupError('E_STORE_OBJECT_EXISTS', 'other runs keep taking the names of the manifest');
}

/** The text of a manifest that a reader will take: one that none can read must not end a run (law 2). */
function proved(manifest: Manifest, key: string): Buffer {
  const body = formatManifest(manifest);
  try {
    parseManifest(body, key);
    return body;
  } catch (cause) {
    throw new BugError('the manifest of this run cannot be read', { cause });
  }
}

function wholeSecond(milliseconds: number): number {
  return Math.floor(milliseconds / 1000) * 1000;
}

function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
