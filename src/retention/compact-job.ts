import type { ColumnFormat, Compression } from '../format/columns.ts';
import type { ChunkEntry } from '../format/manifest.ts';
import type { OpenedRows, OpenJob } from '../repository/open-rows.ts';

/** What the main thread asks a compactor thread for. */
export type CompactJob = OpenJob | MergeJob;
export type CompactAnswer = OpenedRows | MergedRows;

export interface StoredChunk {
  readonly entry: ChunkEntry;
  readonly body: Uint8Array;
}

/** Ranges to be put together and sealed as one chunk. */
export interface MergeJob {
  readonly kind: 'merge';
  /** `schema.table`, for messages. */
  readonly table: string;
  readonly columns: readonly ColumnFormat[];
  /** Positions of the key columns. */
  readonly key: readonly number[];
  /** Positions of the columns that patches override rows by. */
  readonly mergeKey: readonly number[];
  readonly compression: Compression;
  readonly ranges: readonly RangeToMerge[];
}

export interface RangeToMerge {
  readonly base: StoredChunk;
  /** `COPY` text, oldest first. */
  readonly patches: readonly Uint8Array[];
  /** What the manifest says of the range. */
  readonly rows: number;
  readonly digest: string;
}

/** A sealed chunk without a number and a name yet. */
export interface MergedRows {
  readonly kind: 'merge';
  readonly body: Uint8Array<ArrayBuffer>;
  readonly rows: number;
  readonly sha256: string;
  readonly copyBytes: number;
  readonly copySha256: string;
  readonly digest: string;
  readonly firstKey: readonly string[];
  readonly lastKey: readonly string[];
}
