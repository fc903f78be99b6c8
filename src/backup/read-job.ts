import type { ColumnFormat, Compression } from '../format/columns.ts';
import type { ChunkEntry } from '../format/manifest.ts';

/** What the main thread asks a reader thread for. */
export type ReadJob = ReadRowsJob | MergeJob;

/** Rows out of the source, sealed as chunks. */
export interface ReadRowsJob {
  readonly kind: 'read';
  /** `schema.table`, for messages. */
  readonly table: string;
  readonly snapshotId: string;
  /** `COPY (…) TO STDOUT`, in the order of the key. */
  readonly sql: string;
  readonly columns: readonly ColumnFormat[];
  /** Positions of the key columns. */
  readonly key: readonly number[];
  /** A chunk is closed at the row that reaches so many bytes of `COPY` text; null: all rows make one chunk. */
  readonly chunkBytes: number | null;
  readonly compression: Compression;
  /** Row counts of the slices whose digests are wanted; for patches. */
  readonly slices: readonly number[];
}

/** A sealed chunk that left the reader thread, without a number and a name yet. */
export interface SealedRows {
  readonly body: Uint8Array<ArrayBuffer>;
  readonly rows: number;
  readonly sha256: string;
  readonly copyBytes: number;
  readonly copySha256: string;
  readonly digest: string;
  readonly firstKey: readonly string[];
  readonly lastKey: readonly string[];
}

export interface SliceRows {
  readonly copyText: Uint8Array<ArrayBuffer>;
  readonly digest: string;
}

/** A base chunk with its patches, to be put together: proves a patch before it is committed. */
export interface MergeJob {
  readonly kind: 'merge';
  readonly columns: readonly ColumnFormat[];
  readonly key: readonly number[];
  readonly base: StoredChunk;
  readonly patches: readonly (StoredChunk & { readonly first: number; readonly rows: number })[];
  /** The new patch: `COPY` text. */
  readonly fresh: Uint8Array;
}

export interface StoredChunk {
  readonly entry: ChunkEntry;
  readonly body: Uint8Array;
}

export type ReadResult = RowsResult | MergeResult;

export interface RowsResult {
  readonly kind: 'read';
  readonly chunks: readonly SealedRows[];
  readonly slices: readonly SliceRows[];
}

export interface MergeResult {
  readonly kind: 'merge';
  readonly rows: number;
  readonly digest: string;
}

/** What a reader thread is started with. */
export interface ReaderData {
  /** The database URL as given: threads do not share objects, so each resolves it again. A secret. */
  readonly databaseUrl: string | undefined;
}
