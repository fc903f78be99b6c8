import type { ManifestReference } from '../format/manifest.ts';
import type { Snapshot } from '../postgres/snapshot.ts';
import { CheckpointWriter } from '../repository/checkpoint.ts';
import type { Store } from '../store/store.ts';
import type { Lineage } from './lineage.ts';
import type { Leftovers } from './resume.ts';
import type { Source } from './source.ts';

export interface ProgressParts {
  readonly run: { readonly id: string };
  readonly store: Store;
  readonly source: Source;
  readonly snapshot: Snapshot;
  readonly lineage: Lineage;
  readonly leftovers: Leftovers;
  readonly full: boolean;
}

/**
 * Opens the checkpoint of a run, with what an interrupted run had shipped already, while `planning` goes on: the one waits for
 * the disk, the other for the database.
 */
export async function saveProgressWhile<Plan>(
  planning: Promise<Plan>,
  path: string,
  parts: ProgressParts,
): Promise<[Plan, CheckpointWriter]> {
  const [planned, opened] = await Promise.allSettled([planning, saveProgress(path, parts)]);
  if (planned.status === 'rejected') {
    if (opened.status === 'fulfilled') await opened.value.close();
    throw planned.reason;
  }
  if (opened.status === 'rejected') throw opened.reason;
  return [planned.value, opened.value];
}

async function saveProgress(path: string, parts: ProgressParts): Promise<CheckpointWriter> {
  const { run, store, source, snapshot, lineage, leftovers, full } = parts;
  const head = lineage.parent?.reference ?? null;
  const { lsn } = snapshot.facts;
  const facts = { runId: run.id, store: store.url, source: source.identity, head, full, lsn };
  return CheckpointWriter.create(path, facts, leftovers.entries);
}

/** Clears the checkpoint after the commit (law 3): no entries, and the new head of the chain. */
export async function clearProgress(
  path: string,
  store: Store,
  source: Source,
  head: ManifestReference,
): Promise<void> {
  const facts = { runId: null, store: store.url, source: source.identity, head, full: false, lsn: null };
  const writer = await CheckpointWriter.create(path, facts, []);
  await writer.close();
}
