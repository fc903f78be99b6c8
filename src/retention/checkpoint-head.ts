import { BackupError, messageOf } from '../core/errors.ts';
import type { Checkpoint } from '../format/checkpoint.ts';
import type { ManifestReference } from '../format/manifest.ts';
import { CheckpointWriter, readCheckpoint } from '../repository/checkpoint.ts';
import type { Reporter } from '../core/events.ts';
import type { Store } from '../store/store.ts';

/** Where the checkpoint of this host is, and what it must belong to. */
export interface CheckpointPlace {
  readonly store: Store;
  readonly settings: { readonly checkpointFile: string };
  readonly reporter: Reporter;
}

/**
 * The checkpoint of this host, where it belongs to this store. It names the ranges of the manifest that it builds on, and
 * would be of no use after these were merged: what an interrupted run has shipped would be shipped again.
 *
 * @throws BackupError E_RUN_UNFINISHED where it holds ranges that build on `head`
 */
export async function readOwnCheckpoint(
  { store, settings }: Pick<CheckpointPlace, 'store' | 'settings'>,
  head: ManifestReference,
): Promise<Checkpoint | undefined> {
  const path = settings.checkpointFile;
  const read = await readCheckpoint(path);
  if (read.kind !== 'read' || read.checkpoint.store !== store.url) return undefined;
  const { checkpoint } = read;
  if (checkpoint.entries.length === 0 || checkpoint.head?.sha256 !== head.sha256) return checkpoint;
  throw new BackupError(
    'E_RUN_UNFINISHED',
    `an interrupted run has shipped ${checkpoint.entries.length} ranges that would be lost to it`,
    { hint: `Run \`backup\`, which continues it, then this again; or remove ${path} to give it up.` },
  );
}

/** Lets a checkpoint without ranges name the new head (law 3: last). One that fails costs a warning of the next run. */
export async function moveCheckpoint(
  checkpoint: Checkpoint | undefined,
  head: ManifestReference,
  { store, settings, reporter }: CheckpointPlace,
): Promise<void> {
  if (!checkpoint || checkpoint.entries.length > 0) return;
  const { source } = checkpoint;
  try {
    const facts = { runId: null, store: store.url, source, head, full: false, lsn: null };
    const writer = await CheckpointWriter.create(settings.checkpointFile, facts, []);
    await writer.close();
  } catch (error) {
    reporter.log('warn', `The checkpoint could not be told of the new manifest: ${messageOf(error)}`);
  }
}
