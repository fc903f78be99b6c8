import type {
  ColumnDefinition,
  ConstraintDefinition,
  IndexDefinition,
  PartitionOf,
  SequenceDefinition,
  RangeEntry,
} from '../format/manifest.ts';
import type { TargetRelation } from '../postgres/target-relations.ts';
import type { ObjectsPlan } from './objects/objects-plan.ts';
import type { HandOver } from './objects/hand-over-plan.ts';
import type { StoredManifest } from '../repository/manifests.ts';
import type { SourceTable } from './source-tables.ts';
import type { QualifiedName } from './sql/names.ts';
import type { TablePart } from './where-key/narrow-table.ts';

/** What a restore would do: data, printed by `--dry-run`. */
export interface RestorePlan {
  readonly point: StoredManifest;
  /** Name of the target database. */
  readonly database: string;
  /** Each after what it is a partition of and what it inherits from. */
  readonly tables: readonly TablePlan[];
  /** What the target lacks around the tables. */
  readonly objects: ObjectsPlan;
  /** Owners and grants that are restored, too. */
  readonly handOver: HandOver;
}

/** Rows of a range that `--skip-damaged` left out: they are in chunks that are missing or damaged. */
export interface LostRows extends Pick<RangeEntry, 'lo' | 'hi'> {
  /** `schema.table` in the target. */
  readonly table: string;
  readonly rows: number;
  /** Rows of the same range that could be proved, and are restored. */
  readonly rowsRestored: number;
  /** What is wrong, with the names of the objects. */
  readonly reasons: readonly string[];
}

/**
 * - `create`: the target has no such table, and the staging table becomes it.
 * - `fill`: the target's table has the same columns. It stays, with its owner, grants, triggers, views and indexes, and
 *   gets the rows; what it holds is removed first with `--clean`.
 * - `replace`: the target's table has other columns. With `--clean` it is dropped, and the staging table takes its place.
 */
export type TableAction = 'create' | 'fill' | 'replace';

export interface TablePlan {
  readonly source: SourceTable;
  readonly target: TargetTable;
  readonly action: TableAction;
  readonly reason: string;
  /** What has the name in the target now. */
  readonly existing: TargetRelation | undefined;
  /** Whether `existing` holds rows. */
  readonly holdsRows: boolean;
  /** With `--where-key`: `source` has only the ranges that can hold rows of this part. */
  readonly part?: TablePart;
  /** With `--skip-damaged`, once loaded: what is not among the rows of `source` any more. */
  readonly lost?: readonly LostRows[];
}

/** The definition that the table gets in the target: checked (law 8), and with its final names. */
export interface TargetTable extends QualifiedName {
  /** What it is partitioned by; null where it is not. */
  readonly partitionKey: string | null;
  /** What it is a partition of, among the restored tables. */
  readonly partitionOf: PartitionOf | null;
  /** What it inherits from, among the restored tables. */
  readonly inherits: readonly QualifiedName[];
  readonly unlogged: boolean;
  readonly columns: readonly ColumnDefinition[];
  /** Without foreign keys, and without what comes from the restored tables above it. */
  readonly constraints: readonly ConstraintDefinition[];
  readonly foreignKeys: readonly ConstraintDefinition[];
  readonly indexes: readonly IndexDefinition[];
  /** Those that its columns own, in its own schema. */
  readonly ownedSequences: readonly OwnedSequence[];
  /** Those that its defaults merely use: shared with others, never set back. */
  readonly usedSequences: readonly SequenceDefinition[];
}

export interface OwnedSequence extends SequenceDefinition {
  readonly column: string;
}

/** Whether both are the same name. */
export function isSameName(a: QualifiedName, b: QualifiedName): boolean {
  return a.schema === b.schema && a.name === b.name;
}

/** The restored tables right above a table: what it is a partition of, and what it inherits from. */
export function tablesAbove({ target }: TablePlan, tables: readonly TablePlan[]): TablePlan[] {
  const names = [...(target.partitionOf ? [target.partitionOf] : []), ...target.inherits];
  return names.flatMap((name) => tables.filter((table) => isSameName(table.target, name)));
}

/** Whether a restored table holds rows of its own. */
export function holdsOwnRows({ target }: TablePlan): boolean {
  return target.partitionKey === null;
}

/** `schema.table`, for people. */
export function displayName({ schema, name }: QualifiedName): string {
  return `${schema}.${name}`;
}

/** The columns that are loaded: all but the generated ones, which the target computes. */
export function loadedColumns(table: { readonly columns: readonly ColumnDefinition[] }): ColumnDefinition[] {
  return table.columns.filter(({ generated }) => generated === null);
}
