import { BackupError } from '../../core/errors.ts';
import { NumberSet } from '../../core/number-set.ts';
import { decideRetention, type Decision } from '../policy.ts';
import { addPresentChunks, NamedObjects } from './named-objects.ts';
import type { PruneInput } from './prune-input.ts';
import { readPoints, type DamagedPoint, type PrunePoint } from './read-points.ts';

/** What stays and what goes, as data. Nothing was removed yet. */
export interface PrunePlan {
  /** Of the sound restore points, oldest first. */
  readonly decisions: readonly Decision<PrunePoint>[];
  /** Removed in any case. */
  readonly damaged: readonly DamagedPoint[];
  /** By the restore points that stay. */
  readonly named: NamedObjects;
  /** Chunks with a higher number may belong to a run that has not committed yet. */
  readonly lastChunkNumber: number;
}

/**
 * Decides by the policy, and proves that what stays is whole: each manifest is read, and each of its chunks is there. A
 * restore point that is not counts for nothing, lest a damaged one be kept in place of a sound one.
 *
 * @throws BackupError E_PRUNE_DAMAGED, E_PRUNE_TOO_FEW, E_MANIFEST_NOT_FOUND, E_MANIFEST_VERSION
 */
export async function planPrune({ store, settings, signal }: PruneInput): Promise<PrunePlan> {
  const read = await readPoints(store, signal);
  if (read.points.length + read.damaged.length === 0) {
    throw new BackupError('E_MANIFEST_NOT_FOUND', `${store.url} holds no restore point`, {
      hint: 'Check --store; nothing was removed.',
    });
  }
  const present = new NumberSet();
  await addPresentChunks(present, store, signal);
  let listedAgain = false;
  const named = new NamedObjects(store, signal);
  const damaged = new Map(read.damaged.map((point) => [point.key, point]));
  const whole = new Set<string>();
  for (;;) {
    const sound = soundPoints(read.points, damaged);
    const decisions = decideRetention(sound, settings.policy);
    const unread = decisions.filter(({ keep, point }) => keep && !whole.has(point.key));
    if (unread.length === 0) {
      const plan = { decisions, damaged: [...damaged.values()], named, lastChunkNumber: lastNumber(sound) };
      return checked(plan, store.objectKey.bind(store), settings);
    }
    for (const { point } of unread) {
      let problem = await named.add(point.key, present);
      if (problem !== undefined && !listedAgain) {
        // A listing carries no checksum: what it lacks is missing where another one lacks it, too.
        await addPresentChunks(present, store, signal);
        listedAgain = true;
        problem = await named.add(point.key, present);
      }
      if (problem === undefined) whole.add(point.key);
      else damaged.set(point.key, { key: point.key, bytes: point.bytes, problem });
    }
  }
}

/** The points to count on. One that was compacted counts itself where what took its place is damaged. */
function soundPoints(
  points: readonly PrunePoint[],
  damaged: ReadonlyMap<string, DamagedPoint>,
): readonly PrunePoint[] {
  return points
    .filter(({ key }) => !damaged.has(key))
    .map((point) => (damaged.has(point.compactedAs ?? '') ? { ...point, compactedAs: undefined } : point));
}

function lastNumber(points: readonly PrunePoint[]): number {
  return points.at(-1)?.head.lastChunkNumber ?? 0;
}

function checked(
  plan: PrunePlan,
  objectKey: (key: string) => string,
  { removeDamaged, minRestorePoints }: PruneInput['settings'],
): PrunePlan {
  const [first] = plan.damaged;
  if (first && (!removeDamaged || plan.decisions.length === 0)) {
    const others = plan.damaged.length > 1 ? `, and ${plan.damaged.length - 1} more are` : '';
    throw new BackupError(
      'E_PRUNE_DAMAGED',
      `restore point ${objectKey(first.key)} is damaged${others}: ${first.problem}`,
      plan.decisions.length === 0 ? { hint: 'No restore point is sound. Nothing was removed.' } : {},
    );
  }
  const kept = plan.decisions.filter(({ keep, point }) => keep && point.compactedAs === undefined).length;
  if (kept < minRestorePoints && kept < plan.decisions.length) {
    throw new BackupError(
      'E_PRUNE_TOO_FEW',
      `the policy would leave ${kept} of ${plan.decisions.length} restore points, and --min-restore-points asks for ${minRestorePoints}`,
    );
  }
  return plan;
}
