import type { Reporter } from '../core/events.ts';
import type { Store } from '../store/store.ts';

/** `jsonl`: row objects as in chunks. `csv`: RFC 4180 with a header. `copy`: what `\copy table TO file` of psql gives. */
export type ExportFormat = 'jsonl' | 'csv' | 'copy';

export interface ExportInput {
  readonly store: Store;
  /** As `locateRestorePoint` reads it. */
  readonly at: string;
  /** Patterns against the tables of the restore point; undefined: all of them. */
  readonly tables: readonly string[] | undefined;
  readonly format: ExportFormat;
  readonly destination: ExportDestination;
  /** Ranges that are fetched and decoded at once. */
  readonly maxWorkers: number;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
}

export type ExportDestination =
  /** A folder that gets one file a table; made where it is missing. */
  | { readonly kind: 'folder'; readonly path: string }
  /** A stream that gets the rows of the one table. `write` resolves when more may come. */
  | { readonly kind: 'stream'; readonly write: (bytes: Uint8Array) => Promise<void> };

/** What a finished export tells: the `--json` result of `export`. */
export interface ExportResult {
  readonly status: 'completed';
  /** Full object key of the manifest. */
  readonly manifest: string;
  readonly format: ExportFormat;
  readonly tables: readonly ExportedTable[];
  readonly durationSeconds: number;
}

export interface ExportedTable {
  /** `schema.table` */
  readonly table: string;
  /** Name of the file in the folder; null for a stream. */
  readonly file: string | null;
  readonly rows: number;
  /** Content digest of the rows that were written: equal to the restore point's. */
  readonly digest: string;
  /** Bytes written. */
  readonly bytes: number;
}
