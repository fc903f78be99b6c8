import type { ColumnFormat } from '../format/columns.ts';
import type { ChunkEntry } from '../format/manifest.ts';
import type { ChunkRows } from '../repository/chunk-rows.ts';
import type { OpenedRows, OpenJob } from '../repository/open-rows.ts';

/** What the main thread asks a verifier thread for. */
export type VerifyJob = OpenJob | MergeJob | PlainJob | SliceJob | PlainFileJob | CopyJob;

interface StoredChunk {
  readonly entry: ChunkEntry;
  readonly body: Uint8Array;
  readonly columns: readonly ColumnFormat[];
}

/** The digest of a range: its base chunk, proved, with rows overridden by key from patches. */
export interface MergeJob extends StoredChunk {
  readonly kind: 'merge';
  /** Positions of the key columns. */
  readonly key: readonly number[];
  /** `COPY` text, oldest first. */
  readonly patches: readonly Uint8Array[];
}

/** The JSON of a chunk, proved. */
export interface PlainJob extends StoredChunk {
  readonly kind: 'plain';
}

/** The digest of rows of a chunk that is proved at the same time, in memory of a few pieces. */
export interface SliceJob extends ChunkRows {
  readonly kind: 'slice';
}

/** The JSON of a chunk that is too large for memory, into a new file; only where the chunk was proved. */
export interface PlainFileJob {
  readonly kind: 'plain file';
  readonly entry: ChunkEntry;
  readonly columns: readonly ColumnFormat[];
  /** Where the chunk lies as it is stored, and where its JSON goes. */
  readonly from: string;
  readonly to: string;
}

/** The digest of the rows that a `COPY … TO STDOUT` sends in a snapshot of the database to compare with. */
export interface CopyJob {
  readonly kind: 'copy';
  readonly snapshotId: string;
  readonly sql: string;
}

export type JobAnswers = OpenedRows | Bytes | Digest | Written;
export type JobResult<Job extends VerifyJob> = Job extends OpenJob
  ? OpenedRows
  : Job extends PlainJob
    ? Bytes
    : Job extends PlainFileJob
      ? Written
      : Digest;

export interface Bytes {
  readonly kind: 'bytes';
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export interface Written {
  readonly kind: 'written';
  /** Size of the file. */
  readonly bytes: number;
}

export interface Digest {
  readonly kind: 'digest';
  readonly rows: number;
  /** Content digest, 16 hex digits. */
  readonly digest: string;
}

/** What the sessions of `copy` jobs do, for messages. */
export const readingRows = 'reading rows to compare';

/** What a verifier thread is started with. */
export interface VerifierData {
  /** URL of the database to compare with. A secret. */
  readonly databaseUrl: string | undefined;
}
