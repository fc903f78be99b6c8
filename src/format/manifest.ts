/**
 * The manifest: the object that commits a run. It describes every table at one snapshot and is complete by itself.
 *
 * 64-bit quantities (xids, digests) are decimal or hex strings, because JSON readers round numbers. Key values are
 * the `COPY`-free text form of each key column (`column::text` in a session with the pinned settings).
 */
import type { Compression } from './columns.ts';
import type { DatabaseObjects, RelationName, SchemaDump } from './database-objects.ts';
import type { Entries } from './entries.ts';
import type { PartitionedTable, TableDefinition } from './table-definition.ts';

export type * from './database-objects.ts';
export type {
  ColumnDefinition,
  ColumnStorage,
  ConstraintDefinition,
  ConstraintKind,
  IndexDefinition,
  PartitionedTable,
  PartitionOf,
  RelationAccess,
  RelationDefinition,
  SequenceDefinition,
  TableDefinition,
} from './table-definition.ts';

export const manifestFormat = 'storydredge-backup/manifest';
/** Readers refuse a newer major version and ignore unknown fields. */
export const formatVersion = '1.0';

/** A primary-key value: one text per key column, in key order. */
export type KeyValue = readonly string[];

/** With what its tables need around them: schemas, extensions, collations and types. */
export interface Manifest extends DatabaseObjects {
  readonly format: typeof manifestFormat;
  readonly formatVersion: string;
  readonly runId: string;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly committedAt: string;
  readonly program: { readonly name: string; readonly version: string };
  readonly parent: ManifestReference | null;
  /** Whether it only puts the rows of its parent into other chunks, as of the parent's snapshot. */
  readonly compaction: boolean;
  readonly source: SourceIdentity;
  readonly snapshot: SnapshotFacts;
  readonly settings: {
    /** Rows; null where they were chosen for each table. */
    readonly chunkSize: number | null;
    readonly chunkBytes: number;
    readonly compression: Compression;
  };
  readonly statistics: RunStatistics;
  /** The highest chunk number this lineage has used. */
  readonly lastChunkNumber: number;
  /** Null without `--schema pg_dump`. */
  readonly schemaDump: SchemaDump | null;
  readonly tables: readonly ManifestTable[];
  /** Partitioned tables: they hold no rows, their leaf partitions are among the `tables`. */
  readonly partitionedTables: readonly PartitionedTable[];
  /** What the rules of the run matched and a backup does not cover; the first 1,000. */
  readonly uncovered: readonly UncoveredRelation[];
  /** What `repair` put in the place of chunks that were missing or damaged, in the restore point that it made. */
  readonly repairs: readonly Repair[];
  /** Numbers of chunks that ranges need and that are known to be missing or damaged: no run builds on them. */
  readonly damagedChunks: readonly number[];
}

/** A range whose chunks were replaced. */
export interface Repair extends RelationName {
  readonly lo: KeyValue | null;
  readonly hi: KeyValue | null;
  readonly rows: number;
  /** Numbers of the chunks that were missing or damaged. */
  readonly replaces: readonly number[];
  /** Numbers of those that the range has now. */
  readonly chunks: readonly number[];
  /** `source`: read from the database again; otherwise the key of the manifest whose chunks hold the same rows. */
  readonly from: string;
}

export interface ManifestReference {
  /** Key below the store's prefix. */
  readonly key: string;
  /** SHA-256 of the object as stored, lower-case hex. */
  readonly sha256: string;
}

export interface SourceIdentity {
  /** `pg_control_system().system_identifier`, decimal; null where the role may not read it. */
  readonly systemIdentifier: string | null;
  readonly timeline: number | null;
  readonly database: string;
  readonly databaseOid: number;
  /** `server_version_num`: 170010. */
  readonly serverVersion: number;
  readonly encoding: string;
  readonly collation: string;
  readonly inRecovery: boolean;
  /** Since when the server runs without a restart and without a crash, by its clock, ISO 8601, UTC; null where unknown. */
  readonly upSince: string | null;
}

export interface SnapshotFacts {
  /** `xmin:xmax:xip`, 64-bit xids. */
  readonly text: string;
  readonly xmin: string;
  readonly xmax: string;
  /** WAL position when the snapshot was taken; null where unknown. */
  readonly lsn: string | null;
  /** The server's clock, ISO 8601, UTC. */
  readonly takenAt: string;
}

export interface RunStatistics {
  readonly durationSeconds: number;
  readonly rows: number;
  readonly rowsShipped: number;
  readonly chunksWritten: number;
  readonly chunksReused: number;
  readonly bytesUploaded: number;
  readonly retries: number;
  readonly peakRssBytes: number;
  /** Tables of the restore point, and the stored bytes of all chunks it needs: a list shows them without reading on. */
  readonly tables: number;
  readonly bytes: number;
}

export interface UncoveredRelation extends RelationName {
  /** For people: `view`, `belongs to extension postgis`. */
  readonly reason: string;
}

export interface ManifestTable extends TableDefinition {
  /** How it is cut into ranges, and why. */
  readonly rangeKind: RangeKind;
  readonly rangeReason: string;
  /** File nodes of the `relations`, in their order: others once a heap is written anew. Block ranges depend on them. */
  readonly filenodes: readonly string[];
  /** What the text of values depends on besides the columns, and changes without touching a row: labels of enums, … */
  readonly typeForms: readonly string[];
  /** Rows at the snapshot, and the table's content digest. */
  readonly rows: number;
  readonly digest: string;
  /** Every chunk that a range of this table needs, by number. */
  readonly chunks: Entries<ChunkEntry>;
  /** Disjoint, in key order. Together they hold every row; what lies between them is empty. */
  readonly ranges: Entries<RangeEntry>;
}

export type RangeKind = 'key' | 'block';

/** Count and digests that tell whether a range changed, without reading large columns. 64-bit sums, 16 hex digits. */
export interface Fingerprint {
  readonly rows: number;
  readonly keyDigest: string;
  readonly versionDigest: string;
}

export interface RangeEntry extends Fingerprint {
  /** Exclusive lower and inclusive upper bound; null: from the beginning, to the end. */
  readonly lo: KeyValue | null;
  readonly hi: KeyValue | null;
  /** xmin of the snapshot as of which the fingerprint and the chunks hold, 64-bit. */
  readonly asOf: string;
  /** Content digest of the range's rows: base, with rows overridden by key from the patches. */
  readonly digest: string;
  /** Number of the base chunk. */
  readonly base: number;
  /** Patch slices in the order they were made: chunk number, first row (from 0), rows. */
  readonly patches: readonly PatchSlice[];
  /** Rows at or above `asOf` that are in the chunks already: key and 32-bit xmin; null where they were too many to list. */
  readonly recent: readonly RecentRow[] | null;
}

export interface PatchSlice {
  readonly chunk: number;
  readonly first: number;
  readonly rows: number;
}

export interface RecentRow {
  readonly key: KeyValue;
  readonly xmin: string;
}

export type ChunkKind = 'base' | 'patch';

export interface ChunkEntry {
  readonly number: number;
  /** Key below the store's prefix. */
  readonly key: string;
  readonly kind: ChunkKind;
  readonly rows: number;
  /** Size of the object as stored, and its SHA-256 (lower-case hex). */
  readonly bytes: number;
  readonly sha256: string;
  /** Size and SHA-256 of the rows as `COPY` text, in stored order. */
  readonly copyBytes: number;
  readonly copySha256: string;
  /** Content digest: sum modulo 2^64 of the XXH64 (seed 0) of each row's `COPY` text without its newline; 16 hex digits. */
  readonly digest: string;
  readonly compression: Compression;
}
