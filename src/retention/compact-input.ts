import type { Reporter } from '../core/events.ts';
import type { Compression } from '../format/columns.ts';
import type { MeasuredStore } from '../store/with-measure.ts';
import type { CompactionSettings } from './plan-compaction.ts';

export interface CompactSettings extends CompactionSettings {
  /** Values of `--table`; undefined: every table of the restore point. */
  readonly tables: readonly string[] | undefined;
  /** Of the chunks that are written. */
  readonly compression: Compression;
  /** Ranges that are put together at once. */
  readonly maxWorkers: number;
  readonly checkpointFile: string;
  /** Takes the lease of the store, whoever holds it. */
  readonly breakLock?: boolean | undefined;
}

/** All that `compact` is given. */
export interface CompactInput {
  readonly store: MeasuredStore;
  readonly settings: CompactSettings;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
  readonly startedAt: Date;
  /** Version of this program. */
  readonly version: string;
}

/** What `compact` did: its `--json` result. */
export interface CompactResult {
  readonly status: 'completed';
  /** Object key of the manifest committed; null where there was nothing to do. */
  readonly manifest: string | null;
  /** Object key of the manifest whose ranges were merged. */
  readonly parent: string;
  readonly tables: readonly CompactedTable[];
  readonly rowsRewritten: number;
  readonly chunksWritten: number;
  readonly bytesUploaded: number;
  readonly durationSeconds: number;
  readonly peakRssBytes: number;
}

export interface CompactedTable {
  /** `schema.table` */
  readonly table: string;
  readonly rows: number;
  readonly rowsRewritten: number;
  readonly rangesBefore: number;
  readonly rangesAfter: number;
  readonly chunksBefore: number;
  readonly chunksAfter: number;
}
