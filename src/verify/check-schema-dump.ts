import { BackupError } from '../core/errors.ts';
import type { Manifest } from '../format/manifest.ts';
import { getSchemaDump, isSchemaDumpThere } from '../repository/schema-dumps.ts';
import type { Store } from '../store/store.ts';
import type { Finding } from './finding.ts';

/** The schema dump of a restore point: there, of its size, and with `deep` read and hashed. */
export async function checkSchemaDump(
  store: Store,
  { schemaDump }: Manifest,
  deep: boolean,
  signal: AbortSignal,
): Promise<Finding[]> {
  if (!schemaDump) return [];
  const object = store.objectKey(schemaDump.key);
  if ((await store.head(schemaDump.key, signal)) === undefined)
    return [{ code: 'SCHEMA_MISSING', object, detail: 'the schema dump is missing' }];
  const damaged: Finding = {
    code: 'SCHEMA_DAMAGED',
    object,
    detail: `the schema dump does not have ${schemaDump.bytes} bytes of SHA-256 ${schemaDump.sha256}`,
  };
  if (!(await isSchemaDumpThere(store, schemaDump, signal))) return [damaged];
  if (!deep) return [];
  try {
    await getSchemaDump(store, schemaDump, signal);
    return [];
  } catch (error) {
    if (error instanceof BackupError && error.code === 'E_SCHEMA_DAMAGED') return [damaged];
    throw error;
  }
}
