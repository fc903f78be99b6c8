import type { Reporter } from '../core/events.ts';
import type { ConnectionTarget } from '../postgres/connection-target.ts';
import type { Store } from '../store/store.ts';
import type { ComparedTable } from './compared-table.ts';
import type { RowChange } from './match-rows.ts';

export interface DiffInput {
  readonly store: Store;
  /** The restore point to begin with, as `locateRestorePoint` reads it; undefined: the one before `to`, or the newest. */
  readonly at: string | undefined;
  readonly to: DiffEnd;
  /** Patterns against the tables of both; undefined: all. */
  readonly tables: readonly string[] | undefined;
  /** Ranges that are read at once. */
  readonly maxWorkers: number;
  /** Takes rows that differ, table by table; resolves when more may come. Undefined: they are only counted. */
  readonly take?: (table: ComparedTable, changes: readonly RowChange[]) => Promise<void>;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
}

export type DiffEnd =
  /** As `locateRestorePoint` reads it. */
  | { readonly kind: 'point'; readonly at: string }
  /** A database, as of one snapshot. */
  | { readonly kind: 'database'; readonly target: ConnectionTarget };

/** What a finished comparison tells: the `--json` result of `diff`. */
export interface DiffResult {
  readonly status: 'completed';
  /** Full object key of the manifest to begin with. */
  readonly from: string;
  /** Full object key of the other manifest, or the database as `database NAME as of TIME`. */
  readonly to: string;
  /** Whether nothing differs. */
  readonly equal: boolean;
  readonly tables: readonly TableDiff[];
  readonly durationSeconds: number;
}

export interface TableDiff {
  /** `schema.table` */
  readonly table: string;
  /** `added`, `dropped`: it is in one of both only, and its rows are not listed. */
  readonly state: 'compared' | 'added' | 'dropped';
  /** Rows before and after; null where there is no such table, or where a database was not counted. */
  readonly rowsBefore: number | null;
  readonly rowsAfter: number | null;
  readonly inserted: number;
  readonly updated: number;
  readonly deleted: number;
  /** What tells that two rows are the same one: the primary key, or without one all of their content. */
  readonly matchedBy: 'key' | 'content' | null;
  /** What differs in the structure, for people. */
  readonly differences: readonly string[];
  /** Ranges, of both sides, whose digests told that their rows are equal: none of their chunks was read. */
  readonly rangesSkipped: number;
  readonly rangesRead: number;
}
