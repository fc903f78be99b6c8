/** The parts of a manifest that say how to create a table again. */
import type { ColumnEncoding } from './columns.ts';
import type { Needs, Privilege, RelationName } from './database-objects.ts';

/** What tables with rows and partitioned tables have in common: what is needed to create them again. */
export interface RelationDefinition extends RelationAccess {
  readonly schema: string;
  readonly name: string;
  readonly oid: number;
  readonly columns: readonly ColumnDefinition[];
  /** Names of the primary-key columns in key order; empty where there is none. */
  readonly key: readonly string[];
  readonly constraints: readonly ConstraintDefinition[];
  /** Indexes that no constraint owns. */
  readonly indexes: readonly IndexDefinition[];
  readonly sequences: readonly SequenceDefinition[];
  /** The partitioned table that it is a partition of, and for which values; null where of none. */
  readonly partitionOf: PartitionOf | null;
  /** Storage parameters: `fillfactor=70`, `toast.autovacuum_enabled=off`. */
  readonly options: readonly string[];
  readonly replicaIdentity: 'default' | 'full' | 'nothing' | 'index';
  /** The index that is its replica identity. */
  readonly replicaIndex: string | null;
  readonly needs: Needs;
}

/** Owner, grants and comment of a relation; grants and revokes are what differs from PostgreSQL's default. */
export interface RelationAccess {
  /** Null where an older version wrote the manifest, which then has neither grants nor comments. */
  readonly owner: string | null;
  readonly grants: readonly Privilege[];
  readonly revokes: readonly Privilege[];
  readonly comment: string | null;
}

/** The structure of a table that holds rows. */
export interface TableDefinition extends RelationDefinition {
  /** OIDs of the heap relations that hold its rows: itself, or the leaf partitions where they are read together. */
  readonly relations: readonly number[];
  /** The tables that it inherits from, in their order. */
  readonly inherits: readonly RelationName[];
  readonly unlogged: boolean;
}

export interface PartitionedTable extends RelationDefinition {
  /** As `pg_get_partkeydef` prints it: `RANGE (at)`. */
  readonly partitionKey: string;
}

export interface PartitionOf extends RelationName {
  /** As `pg_get_expr` prints it: `FOR VALUES IN (1)`, `DEFAULT`. */
  readonly bound: string;
}

export interface ColumnDefinition {
  readonly name: string;
  readonly attnum: number;
  /** As `format_type` prints it with an empty search_path. */
  readonly type: string;
  readonly encoding: ColumnEncoding;
  readonly notNull: boolean;
  /** The default expression as `pg_get_expr` prints it; null where there is none. */
  readonly default: string | null;
  readonly identity: 'always' | 'by default' | null;
  /** The expression of a generated column; such a column is backed up, but not loaded. */
  readonly generated: string | null;
  /** Whether a generated column is computed when it is read rather than stored. */
  readonly virtual: boolean;
  /** Qualified collation name, where it is not the type's own. */
  readonly collation: string | null;
  /** Whether the table has it only from one that it inherits from or is a partition of. */
  readonly inherited: boolean;
  readonly comment: string | null;
  readonly grants: readonly Privilege[];
  /** How large values are kept, where not as the type says. */
  readonly storage: ColumnStorage | null;
  /** Where not left to the server's setting. */
  readonly compression: 'pglz' | 'lz4' | null;
  /** Statistics target, where not left to the server's setting. */
  readonly statistics: number | null;
}

export const columnStorages = ['plain', 'external', 'extended', 'main'] as const;
export type ColumnStorage = (typeof columnStorages)[number];

export type ConstraintKind = 'primary key' | 'unique' | 'check' | 'foreign key' | 'exclude';

export interface ConstraintDefinition {
  readonly name: string;
  readonly kind: ConstraintKind;
  /** As `pg_get_constraintdef` prints it: `PRIMARY KEY (id)`. */
  readonly definition: string;
  /** Whether the table has it only from one that it inherits from or is a partition of. */
  readonly inherited: boolean;
  readonly comment: string | null;
}

export interface IndexDefinition {
  readonly name: string;
  readonly unique: boolean;
  /** What follows `ON table ` in `pg_get_indexdef`: `USING btree (publication)`. */
  readonly definition: string;
  readonly comment: string | null;
}

export interface SequenceDefinition extends RelationAccess {
  readonly schema: string;
  readonly name: string;
  /** The column that owns it, and whether as identity; null for a sequence a default merely uses. */
  readonly column: string | null;
  readonly identity: boolean;
  readonly type: string;
  readonly start: string;
  readonly increment: string;
  readonly min: string;
  readonly max: string;
  readonly cache: string;
  readonly cycle: boolean;
  /** Null where the role may not read it, or `nextval` was never called. */
  readonly lastValue: string | null;
}
