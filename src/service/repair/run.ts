import { randomUUID } from 'node:crypto';
import { passFaultPoint } from '../../core/fault-points.ts';
import { describeBounds } from '../../format/describe-bounds.ts';
import { ChunkNames, listChunksAfter } from '../../repository/chunks.ts';
import { Lease } from '../../repository/lease.ts';
import type { StoredManifest } from '../../repository/manifests.ts';
import { findRestorePoint } from '../../repository/restore-points.ts';
import { moveCheckpoint, readOwnCheckpoint } from '../../retention/checkpoint-head.ts';
import { commitAfter } from '../../retention/commit-compaction.ts';
import { nameOf } from '../../verify/chunk-use.ts';
import { runVerify } from '../../verify/run.ts';
import { composeRepaired, remainingChunks } from './commit-repair.ts';
import { findDamage, type Damage, type DamagedRange } from './find-damage.ts';
import { findEqualRows } from './find-equal-rows.ts';
import { readAgain } from './read-again.ts';
import type { RemainingRange, RepairedRange, RepairInput, RepairResult } from './repair-input.ts';
import type { Progress } from './replacement.ts';
import type { RepairParts } from './store-rows.ts';

/**
 * Puts sound chunks in the place of those of the newest restore point that are missing or damaged, where exactly the same rows are
 * in other chunks of the store or, provably unchanged, in the source. It ends in a new restore point with the rows of the
 * newest one as of the same snapshot, or it never happened; nothing that is there is touched (law 5). A dry run finds and proves the
 * same rows, takes no lease, and stores nothing.
 *
 * @throws BackupError E_MANIFEST_NOT_FOUND, E_MANIFEST_DAMAGED, E_STORE_LOCKED, E_RUN_UNFINISHED and those of the store
 */
export async function runRepair(input: RepairInput): Promise<RepairResult> {
  const { store, settings, reporter, signal } = input;
  // 1. Find the damage: every chunk is read. Others may write meanwhile, and the commit notices.
  const parent = await findRestorePoint(store, 'latest', signal);
  const { checkpointFile, maxWorkers } = settings;
  const options = { checkpointFile, maxWorkers, deep: true, against: undefined, tables: undefined };
  const { findings } = await runVerify({ store, at: parent.reference.key, reporter, signal, ...options });
  const damage = findDamage(store, parent.manifest, findings);
  const progress: Progress = { replaced: new Map(), reasons: new Map() };
  if (damage.ranges.length === 0) return resultOf(input, parent, undefined, damage, progress);
  if (settings.dryRun) {
    await readOwnCheckpoint(input, parent.reference);
    const names = await nextNames(input, parent, signal);
    await replace(damage, parent, progress, { input, manifest: parent.manifest, names, signal });
    return resultOf(input, parent, undefined, damage, progress);
  }

  // 2. Lock: the lease in the store.
  const runId = randomUUID();
  const { breakLock } = settings;
  const holder = { runId, source: `repair ${runId}`, startedAt: input.startedAt, breakLock };
  const lease = await Lease.acquire(store, holder, reporter, signal);
  try {
    return await repair(input, runId, parent, damage, progress, lease);
  } finally {
    await lease.release();
  }
}

async function repair(
  input: RepairInput,
  runId: string,
  parent: StoredManifest,
  damage: Damage,
  progress: Progress,
  lease: Lease,
): Promise<RepairResult> {
  const { store, reporter } = input;
  const signal = AbortSignal.any([input.signal, lease.lost]);
  const { manifest } = parent;
  passFaultPoint('repair.locked');
  const checkpoint = await readOwnCheckpoint(input, parent.reference);
  const names = await nextNames(input, parent, signal);
  await replace(damage, parent, progress, { input, manifest, names, signal });

  // 5. Commit, also that there is damage that no run may build on; but not the same twice.
  const { replaced } = progress;
  const parts = { input, runId, parent, damaged: damage.ranges, replaced, lastChunkNumber: names.last };
  const remaining = remainingChunks(parts);
  const isNews = replaced.size > 0 || remaining.some((number) => !manifest.damagedChunks.includes(number));
  if (!isNews) return resultOf(input, parent, undefined, damage, progress);
  const compose = (committedAt: Date) => composeRepaired(parts, committedAt);
  const committed = await commitAfter(store, { parent, lease, signal }, compose);
  passFaultPoint('repair.manifest.stored');
  await moveCheckpoint(checkpoint, committed.reference, input);
  const result = resultOf(input, parent, committed, damage, progress);
  for (const { table, lo, hi, reason } of result.remaining)
    reporter.log('error', `Not repaired: ${table} ${describeBounds({ lo, hi })}: ${reason}`);
  return result;
}

/** Numbers above all that are taken. */
async function nextNames(
  { store, startedAt }: RepairInput,
  { manifest: { lastChunkNumber } }: StoredManifest,
  signal: AbortSignal,
): Promise<ChunkNames> {
  const names = new ChunkNames(lastChunkNumber, startedAt);
  const stored = await listChunksAfter(store, lastChunkNumber, signal);
  for (const { number } of stored.values()) names.startAfter(number);
  return names;
}

/** 3. From the store, and 4. what is left from the source. */
async function replace(
  { ranges }: Damage,
  parent: StoredManifest,
  progress: Progress,
  means: RepairParts,
): Promise<void> {
  await findEqualRows(ranges, parent, progress, means);
  const rest = ranges.filter((range) => !progress.replaced.has(range));
  if (rest.length > 0) await readAgain(rest, progress, means);
}

function resultOf(
  { store, settings: { dryRun }, startedAt }: RepairInput,
  parent: StoredManifest,
  committed: StoredManifest | undefined,
  { ranges, others }: Damage,
  { replaced, reasons }: Progress,
): RepairResult {
  const concerned = ({ table, range: { lo, hi, rows } }: DamagedRange) => ({
    table: nameOf(table),
    lo,
    hi,
    rows,
  });
  const keys = (chunks: DamagedRange['chunks']) => chunks.map(({ key }) => store.objectKey(key));
  const repaired = ranges.flatMap((one): RepairedRange[] => {
    const replacement = replaced.get(one);
    if (!replacement) return [];
    const { chunk, from } = replacement;
    const chunks = dryRun ? [] : keys([chunk]);
    return [{ ...concerned(one), replaces: keys(one.chunks), chunks, from }];
  });
  const remaining = ranges.flatMap((one): RemainingRange[] =>
    replaced.has(one)
      ? []
      : [{ ...concerned(one), chunks: keys(one.chunks), reason: reasons.get(one) ?? '' }],
  );
  const isWhole = remaining.length === 0 && others.length === 0;
  return {
    status: !isWhole ? 'incomplete' : ranges.length === 0 ? 'sound' : 'repaired',
    dryRun,
    manifest: committed ? store.objectKey(committed.reference.key) : null,
    parent: store.objectKey(parent.reference.key),
    repaired,
    remaining,
    findings: others,
    chunksWritten: dryRun ? 0 : repaired.length,
    bytesUploaded: store.statistics().bytesUploaded,
    durationSeconds: (Date.now() - startedAt.getTime()) / 1000,
  };
}
