import { BackupError } from '../core/errors.ts';
import type { Manifest, ManifestReference, SourceIdentity } from '../format/manifest.ts';
import { listRestorePoints, readManifest, referenceManifest } from '../repository/manifests.ts';
import type { Store } from '../store/store.ts';

/** What the store knows of this source: where the chain of manifests stands. */
export interface Lineage {
  readonly parent: { readonly reference: ManifestReference; readonly committedAt: Date } | null;
  /** The parent's content; null with `--full`, which builds on nothing. */
  readonly manifest: Manifest | null;
}

/**
 * Reads the newest manifest, the parent of this run.
 * @throws BackupError E_MANIFEST_DAMAGED, E_MANIFEST_VERSION, E_STORE_OTHER_DATABASE
 */
export async function readLineage(
  store: Store,
  source: SourceIdentity,
  full: boolean,
  signal?: AbortSignal,
): Promise<Lineage> {
  const newest = (await listRestorePoints(store, signal)).at(-1);
  if (!newest) return { parent: null, manifest: null };
  try {
    const { reference, manifest } = await readManifest(store, newest.key, signal);
    refuseOtherDatabase(store, manifest.source, source);
    const parent = { reference, committedAt: newest.committedAt };
    return { parent, manifest };
  } catch (error) {
    if (!(error instanceof BackupError) || error.code !== 'E_MANIFEST_DAMAGED') throw error;
    if (full) {
      const reference = await referenceManifest(store, newest.key, signal);
      return { parent: { reference, committedAt: newest.committedAt }, manifest: null };
    }
    throw new BackupError('E_MANIFEST_DAMAGED', error.message, {
      cause: error,
      hint: 'Run `backup --full` to make a sound restore point that builds on nothing; `list` shows the older ones.',
    });
  }
}

/** Two databases in one store would take each other's rows for their own (never mixed). */
function refuseOtherDatabase(store: Store, kept: SourceIdentity, found: SourceIdentity): void {
  if (kept.database === found.database) return;
  throw new BackupError(
    'E_STORE_OTHER_DATABASE',
    `${store.url} holds backups of database ${kept.database}, not of ${found.database}`,
    { hint: 'Pass --store with a prefix of its own for this database; two databases are never mixed.' },
  );
}
