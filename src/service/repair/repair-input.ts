import type { Reporter } from '../../core/events.ts';
import type { KeyValue } from '../../format/manifest.ts';
import type { ConnectionTarget } from '../../postgres/connection-target.ts';
import type { MeasuredStore } from '../../store/with-measure.ts';
import type { Finding } from '../../verify/finding.ts';

/** All that `repair` is given. */
export interface RepairInput {
  readonly store: MeasuredStore;
  /** The database that the restore points are of. */
  readonly source: ConnectionTarget;
  readonly settings: {
    readonly maxWorkers: number;
    readonly checkpointFile: string;
    /** Takes the lease whoever holds it. */
    readonly breakLock: boolean;
    /** Only reads: finds what could be repaired, and from where. */
    readonly dryRun: boolean;
  };
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
  readonly startedAt: Date;
  /** Version of this program. */
  readonly version: string;
}

/** What `repair` did, or with `--dry-run` would have done: its `--json` result. */
export interface RepairResult {
  /** `sound`: no damage. `repaired`: all of it. `incomplete`: some is left. */
  readonly status: 'sound' | 'repaired' | 'incomplete';
  readonly dryRun: boolean;
  /** Object key of the manifest committed; null where there was nothing to commit. */
  readonly manifest: string | null;
  /** Object key of the manifest that was looked at. */
  readonly parent: string;
  readonly repaired: readonly RepairedRange[];
  readonly remaining: readonly RemainingRange[];
  /** What verify found beside chunks: no business of `repair`. */
  readonly findings: readonly Finding[];
  readonly chunksWritten: number;
  readonly bytesUploaded: number;
  readonly durationSeconds: number;
}

interface ConcernedRange {
  /** `schema.table` */
  readonly table: string;
  readonly lo: KeyValue | null;
  readonly hi: KeyValue | null;
  readonly rows: number;
}

export interface RepairedRange extends ConcernedRange {
  /** Object keys of the chunks that were missing or damaged, and of those that the range has now: none after a dry run. */
  readonly replaces: readonly string[];
  readonly chunks: readonly string[];
  /** `source`, or the key of the manifest whose chunks hold the same rows. */
  readonly from: string;
}

export interface RemainingRange extends ConcernedRange {
  /** Object keys of the chunks that are missing or damaged. */
  readonly chunks: readonly string[];
  readonly reason: string;
}
