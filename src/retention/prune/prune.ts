import { BackupError } from '../../core/errors.ts';
import { passFaultPoint } from '../../core/fault-points.ts';
import { readRunningRun } from '../../repository/lease-content.ts';
import { listRestorePoints } from '../../repository/manifests.ts';
import { readRemovals } from '../../repository/removals.ts';
import type { DeletionFacts, UnfinishedUpload } from '../../store/store.ts';
import type { CompactResult } from '../compact-input.ts';
import { abortUploads } from './abort-uploads.ts';
import { compactFirst } from './compact-first.ts';
import { findGarbage, uselessRemovals } from './garbage.ts';
import { planPrune, type PrunePlan } from './plan-prune.ts';
import type { PruneInput, PruneResult } from './prune-input.ts';
import { Removed } from './removed.ts';
import { removeManifests } from './remove-manifests.ts';

/**
 * Removes the restore points that no rule keeps, and what only they needed. Needs no lease: it is safe beside a running
 * backup and beside another prune, and may be killed at any point, when the next one goes on (laws 3, 4 and 6).
 *
 * @throws BackupError E_PRUNE_DAMAGED, E_PRUNE_TOO_FEW, E_MANIFEST_NOT_FOUND, E_MANIFEST_VERSION, E_CHUNK_DAMAGED
 */
export async function runPrune(input: PruneInput): Promise<PruneResult> {
  // 1. Small ranges are merged, which makes a restore point of its own.
  const compaction = await compactFirst(input);

  passFaultPoint('prune.compacted');

  // 2. Plan: what stays, proved to be whole.
  const plan = await planPrune(input);
  passFaultPoint('prune.planned');

  // 3. Manifests go first (law 3).
  const { store, reporter, signal } = input;
  const facts = await store.deletion(signal);
  const removed = new Removed(store, reporter, false);
  await removeManifests(plan, removed, store, signal);

  passFaultPoint('prune.manifests.removed');

  // 4. Then what no manifest names, as the store is now. Whether a run is going on is asked first: one that ends in between has
  // its manifest in the list.
  const before = await oldestOf(input);
  const manifests = await manifestsNow(plan, input);
  const waiting = await removeGarbage(plan, manifests, before, removed, input);
  const uploads = await abortUploads(input, before, false);
  passFaultPoint('prune.ended');
  refuseIfNothingWent(removed, facts);
  return resultOf(input, { plan, removed, waiting, uploads, facts, compaction, dryRun: false });
}

/** What `runPrune` would do, but for the merging of ranges: only reads. */
export async function dryRunPrune(input: PruneInput): Promise<PruneResult> {
  const { store, reporter, signal } = input;
  const plan = await planPrune(input);
  const facts = await store.deletion(signal);
  const removed = new Removed(store, reporter, true);
  const going = plan.decisions.filter(({ keep }) => !keep).map(({ point }) => point);
  await removed.delete('manifest', [...going, ...plan.damaged], signal);
  const staying = plan.decisions.filter(({ keep }) => keep).map(({ point }) => point.key);
  const before = await oldestOf(input);
  const waiting = await removeGarbage(plan, new Set(staying), before, removed, input);
  const uploads = await abortUploads(input, before, true);
  return resultOf(input, { plan, removed, waiting, uploads, facts, compaction: undefined, dryRun: true });
}

/**
 * The manifests that are there, and those that stay, whichever of two listings left one out; what those name that came meanwhile, or
 * that the store would not delete, counts too.
 */
async function manifestsNow(plan: PrunePlan, { store, signal }: PruneInput): Promise<ReadonlySet<string>> {
  const known = new Set(plan.decisions.filter(({ keep }) => keep).map(({ point }) => point.key));
  const keys = (await listRestorePoints(store, signal)).map(({ key }) => key);
  for (const key of keys) {
    if (known.has(key)) continue;
    const problem = await plan.named.add(key);
    if (problem === undefined) continue;
    throw new BackupError('E_PRUNE_DAMAGED', `restore point ${store.objectKey(key)} is damaged: ${problem}`, {
      hint: 'Restore points were removed, and no chunk was. Run `verify`, then prune again with --remove-damaged.',
    });
  }
  return new Set([...known, ...keys]);
}

/** What is younger stays: the grace period, or the start of a run that is going on. */
async function oldestOf({ store, settings, startedAt, signal }: PruneInput): Promise<Date> {
  const running = await readRunningRun(store, signal);
  const grace = startedAt.getTime() - settings.gracePeriod;
  return new Date(Math.min(grace, running ? (running.startedAt?.getTime() ?? 0) : grace));
}

/** @returns how many chunks are too young to go */
async function removeGarbage(
  { named, lastChunkNumber, decisions }: PrunePlan,
  manifests: ReadonlySet<string>,
  before: Date,
  removed: Removed,
  { store, signal }: PruneInput,
): Promise<number> {
  const rules = { named, manifests, lastChunkNumber, before };
  let waiting = 0;
  for await (const { kind, object, isOld } of findGarbage(store, rules, signal)) {
    if (isOld) await removed.add(kind, object, signal);
    else if (kind === 'chunk') waiting += 1;
  }
  const [key = ''] = [...manifests].sort();
  const oldest = decisions.find(({ point }) => point.key === key)?.point.head;
  const useless = oldest
    ? uselessRemovals(await readRemovals(store, signal), { key, parent: oldest.parent?.key })
    : [];
  for (const record of useless) await removed.add('other', { key: record, bytes: 0 }, signal);
  await removed.flush(signal);
  return waiting;
}

/** Where nothing could be deleted and no Object Lock explains it, the credentials may not delete. */
function refuseIfNothingWent({ counts, refused }: Removed, { objectLock }: DeletionFacts): void {
  const [first] = refused;
  if (first && counts.manifest + counts.chunk + counts.other === 0 && objectLock !== true) throw first.error;
}

interface Outcome {
  readonly plan: PrunePlan;
  readonly removed: Removed;
  readonly waiting: number;
  readonly uploads: readonly UnfinishedUpload[];
  readonly facts: DeletionFacts;
  readonly compaction: CompactResult | undefined;
  readonly dryRun: boolean;
}

function resultOf({ store, startedAt }: PruneInput, outcome: Outcome): PruneResult {
  const { plan, removed, waiting, uploads, facts, compaction, dryRun } = outcome;
  const object = (key: string) => store.objectKey(key);
  return {
    status: 'completed',
    dryRun,
    compaction: compaction ?? null,
    restorePoints: plan.decisions.toReversed().map(({ point, keep, reasons }) => ({
      manifest: object(point.key),
      takenAt: point.takenAt.toISOString(),
      keep,
      reasons,
    })),
    manifestsRemoved: removed.counts.manifest,
    chunksRemoved: removed.counts.chunk,
    othersRemoved: removed.counts.other,
    bytesRemoved: removed.bytes,
    chunksWaiting: waiting,
    uploadsAborted: uploads.length,
    refused: removed.refused.map(({ key, error }) => ({ object: object(key), reason: error.message })),
    keepsVersions: facts.keepsVersions ?? null,
    objectLock: facts.objectLock ?? null,
    durationSeconds: (Date.now() - startedAt.getTime()) / 1000,
  };
}
