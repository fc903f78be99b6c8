import { createHash } from 'node:crypto';
import { BackupError } from '../core/errors.ts';
import { schemaDumpKey } from '../format/keys.ts';
import type { SchemaDump } from '../format/manifest.ts';
import type { Store } from '../store/store.ts';
import { putUnderTime } from './put-under-time.ts';

/** Stores a schema dump under a name of its own: the time, or a second later where that is taken (law 5). */
export async function putSchemaDump(
  store: Store,
  body: Uint8Array,
  facts: Pick<SchemaDump, 'contentSha256' | 'pgDump'>,
  signal?: AbortSignal,
): Promise<SchemaDump> {
  const sha256 = createHash('sha256').update(body).digest('hex');
  const key = await putUnderTime(store, schemaDumpKey, body, 'application/sql', signal);
  return { key, bytes: body.byteLength, sha256, ...facts };
}

/** Whether the object has its size, and its SHA-256 where the store keeps one. */
export async function isSchemaDumpThere(
  store: Store,
  { key, bytes, sha256 }: SchemaDump,
  signal?: AbortSignal,
): Promise<boolean> {
  const facts = await store.head(key, signal);
  return facts?.bytes === bytes && (facts.sha256 === undefined || facts.sha256 === sha256);
}

/**
 * @throws BackupError `E_STORE_OBJECT_MISSING`, `E_SCHEMA_DAMAGED`
 */
export async function getSchemaDump(
  store: Store,
  dump: SchemaDump,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const body = await store.get(dump.key, { most: dump.bytes, signal });
  if (createHash('sha256').update(body).digest('hex') === dump.sha256) return body;
  throw new BackupError(
    'E_SCHEMA_DAMAGED',
    `${store.objectKey(dump.key)} has other bytes than the manifest says`,
  );
}
