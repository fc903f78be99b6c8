import type { SnapshotFacts } from '../format/manifest.ts';
import type { Forecast } from './forecast.ts';
import type { WorkersUsed } from './workers/workers.ts';

/** What a finished run tells: the `--json` result of `backup`. */
export interface BackupResult {
  readonly status: 'completed';
  /** Object key of the manifest. */
  readonly manifest: string;
  readonly runId: string;
  readonly snapshot: SnapshotFacts;
  readonly tables: readonly TableResult[];
  readonly bytesUploaded: number;
  readonly durationSeconds: number;
  /** Rows backed up a second, all tables: shipped or proved unchanged. */
  readonly articlesPerSecond: number;
  readonly peakRssBytes: number;
  readonly chunksWritten: number;
  readonly rowsShipped: number;
  readonly retries: number;
  /** Requests to the store, tries again included. */
  readonly requests: number;
  /** Tries that the store answered with the wish for fewer requests. */
  readonly throttled: number;
  readonly workers: WorkersUsed;
  /** What the first plan of the run said of its cost. */
  readonly forecast: Forecast;
}

export interface TableResult {
  /** `schema.table` */
  readonly table: string;
  readonly rows: number;
  readonly rowsShipped: number;
  readonly rangesReused: number;
  readonly chunksWritten: number;
  readonly chunksReused: number;
}
