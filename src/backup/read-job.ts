import type { ColumnFormat, Compression } from '../format/columns.ts';
import type { ChunkEntry } from '../format/manifest.ts';
import type { SharedRate } from '../core/rate-limit.ts';
import type { TemporaryFolder } from '../core/temporary-files.ts';
import type { ChunkContent } from '../repository/chunks.ts';
import type { PortionedRead } from './portions/portions.ts';

/** What the main thread asks a reader thread for. */
export type ReadJob = OpenJob | ReadRowsJob | DigestKeysJob | FindRowsJob;

/** A session that has adopted the snapshot, for what is read later. */
export interface OpenJob {
  readonly kind: 'open';
  readonly snapshotId: string;
}

/** Rows out of the source, sealed as chunks. */
export interface ReadRowsJob {
  readonly kind: 'read';
  readonly snapshotId: string;
  /** What is read, for messages: `reading public.articles`. */
  readonly doing: string;
  /** `COPY (…) TO STDOUT`, in the order of the key. */
  readonly sql: string;
  /** What it reads, for who does so in portions. */
  readonly inPortions?: PortionedRead;
  readonly columns: readonly ColumnFormat[];
  /** Positions of the key columns. */
  readonly key: readonly number[];
  /** A chunk has no more bytes of `COPY` text, but one row at least. */
  readonly chunkBytes: number;
  /** After how many rows each a chunk is closed, one after the other, however few bytes it has; for neighbouring ranges. */
  readonly cuts?: readonly number[];
  readonly compression: Compression;
  /** Into how many rows each, one after the other, the digests are to be told; for patches. */
  readonly slices: readonly SliceRequest[];
  /** Where a row goes that is too wide for memory. */
  readonly temporaryFolder: TemporaryFolder;
}

export interface SliceRequest {
  readonly rows: number;
  /** Whether the keys of its rows are wanted. */
  readonly keep: boolean;
}

/** A sealed chunk that left the reader thread, without a number and a name yet. */
export interface SealedRows {
  readonly content: ChunkContent;
  readonly rows: number;
  readonly bytes: number;
  readonly sha256: string;
  readonly copyBytes: number;
  readonly copySha256: string;
  readonly digest: string;
  readonly firstKey: readonly string[];
  readonly lastKey: readonly string[];
}

/** A sealed chunk of a read, with the slices that lie in it. */
export interface RowsPart {
  readonly sealed: SealedRows;
  readonly slices: readonly SliceRows[];
}

/** The rows of a slice, or those of them that lie in one chunk. */
export interface SliceRows {
  /** Position of the slice among those that were asked for. */
  readonly slice: number;
  readonly rows: number;
  readonly copyBytes: number;
  readonly digest: string;
  /** The key of each row, as `keyText` gives it. Null where they are not wanted, or a row is too wide for memory. */
  readonly keys: readonly string[] | null;
}

/** The rows of a patch chunk, for those who override them later: which keys they have, and their shares of the content digest. */
export interface DigestKeysJob {
  readonly kind: 'digest keys';
  readonly columns: readonly ColumnFormat[];
  readonly key: readonly number[];
  readonly chunk: StoredChunk;
}

/** The rows of a chunk that new ones override: what a patch takes away from a digest. */
export interface FindRowsJob {
  readonly kind: 'find rows';
  readonly columns: readonly ColumnFormat[];
  readonly key: readonly number[];
  readonly chunk: StoredChunk;
  /** Of the new rows, as `keyText` gives them. */
  readonly keys: readonly string[];
}

export interface StoredChunk {
  readonly entry: ChunkEntry;
  readonly body: Uint8Array;
}

export type ReadResult = OpenResult | RowsResult | DigestKeysResult | FindRowsResult;

export interface OpenResult {
  readonly kind: 'open';
}

export interface RowsResult {
  readonly kind: 'read';
  /** Small chunks before the last one, which were not given out by themselves: where there are `cuts`. */
  readonly before: readonly RowsPart[];
  /** The chunk of the last rows; those before were given out as they were closed. */
  readonly last: RowsPart | null;
}

export interface DigestKeysResult {
  readonly kind: 'digest keys';
  readonly rows: KeyDigests;
}

/** Of each row of a chunk its key, as `keyText` gives it, and its content digest: packed, as many are kept. */
export interface KeyDigests {
  /** Latin-1, one after the other. */
  readonly keys: Uint8Array<ArrayBuffer>;
  /** Where each key begins, and where the last one ends. */
  readonly starts: Uint32Array<ArrayBuffer>;
  readonly digests: BigUint64Array<ArrayBuffer>;
}

export interface FindRowsResult {
  readonly kind: 'find rows';
  /** Content digest of all of them; undefined unless the chunk has one for each. */
  readonly digest: string | undefined;
}

/** What a reader thread is started with. */
export interface ReaderData {
  /** The database URL as given: threads do not share objects, so each resolves it again. A secret. */
  readonly databaseUrl: string | undefined;
  /** What all readers together may read. */
  readonly rate: SharedRate | undefined;
}
