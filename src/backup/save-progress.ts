import type { CheckpointHead } from '../format/checkpoint.ts';
import type { ManifestReference } from '../format/manifest.ts';
import { CheckpointWriter } from '../repository/checkpoint.ts';
import type { Store } from '../store/store.ts';
import type { Lineage } from './lineage.ts';
import type { Leftovers } from './resume.ts';
import type { Source } from './source.ts';

export interface ProgressParts {
  readonly run: { readonly id: string };
  readonly store: Store;
  readonly source: Source;
  readonly lineage: Lineage;
  readonly leftovers: Leftovers;
}

/** Opens the checkpoint of a run, with what an interrupted run had shipped already. */
export async function saveProgress(path: string, parts: ProgressParts): Promise<CheckpointWriter> {
  const { run, store, source, lineage, leftovers } = parts;
  const parent = lineage.parent?.reference ?? null;
  return CheckpointWriter.create(path, headOf(run.id, store, source, parent), leftovers.entries);
}

/** Clears the checkpoint after the commit (law 3): no entries, and the new head of the chain. */
export async function clearProgress(
  path: string,
  store: Store,
  source: Source,
  head: ManifestReference,
): Promise<void> {
  const writer = await CheckpointWriter.create(path, headOf(null, store, source, head), []);
  await writer.close();
}

function headOf(
  runId: string | null,
  store: Store,
  source: Source,
  head: ManifestReference | null,
): CheckpointHead {
  return { runId, store: store.url, source: source.identity, head };
}
