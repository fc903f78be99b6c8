import type { Reporter } from '../../core/events.ts';
import type { MeasuredStore } from '../../store/with-measure.ts';
import type { CompactResult } from '../compact-input.ts';
import type { RetentionPolicy } from '../policy.ts';

export interface PruneSettings {
  readonly policy: RetentionPolicy;
  /** Fewer restore points than this are never left. */
  readonly minRestorePoints: number;
  /** Milliseconds: what no manifest names is removed when it is older than this. */
  readonly gracePeriod: number;
  /** Restore points that are damaged are removed, too; otherwise they stop all removal. */
  readonly removeDamaged: boolean;
  /** Whether small ranges are merged first. */
  readonly compact: boolean;
  readonly maxWorkers: number;
  readonly checkpointFile: string;
  /** Takes the lease of the store for the merging of ranges, whoever holds it. */
  readonly breakLock?: boolean | undefined;
}

/** All that `prune` is given. */
export interface PruneInput {
  readonly store: MeasuredStore;
  readonly settings: PruneSettings;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
  readonly startedAt: Date;
  /** Version of this program. */
  readonly version: string;
}

/** What `prune` did, or with `--dry-run` would do: its `--json` result. */
export interface PruneResult {
  readonly status: 'completed';
  readonly dryRun: boolean;
  /** What merging small ranges did; null where it was not asked for, or a backup is running. */
  readonly compaction: CompactResult | null;
  /** Newest first. */
  readonly restorePoints: readonly PrunedPoint[];
  readonly manifestsRemoved: number;
  readonly chunksRemoved: number;
  /** Objects of other kinds that belonged to removed restore points, or to runs that never committed. */
  readonly othersRemoved: number;
  /** Of all that was removed. */
  readonly bytesRemoved: number;
  /** Chunks that no manifest names, and that are not old enough yet. */
  readonly chunksWaiting: number;
  readonly uploadsAborted: number;
  /** What the store would not delete yet: object keys, and why. */
  readonly refused: readonly { readonly object: string; readonly reason: string }[];
  /** Whether the store keeps what is deleted as noncurrent versions; null where it does not tell. */
  readonly keepsVersions: boolean | null;
  /** Whether Object Lock protects those; null where the store does not tell. */
  readonly objectLock: boolean | null;
  readonly durationSeconds: number;
}

export interface PrunedPoint {
  /** Object key of the manifest. */
  readonly manifest: string;
  readonly takenAt: string;
  readonly keep: boolean;
  readonly reasons: readonly string[];
}
