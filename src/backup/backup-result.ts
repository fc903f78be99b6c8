import type { SnapshotFacts } from '../format/manifest.ts';

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
