import type { Reporter } from '../core/events.ts';
import type { Secret } from '../core/secret.ts';
import type { ConnectionTarget } from '../postgres/connection-target.ts';
import type { MeasuredStore } from '../store/with-measure.ts';
import type { LostRows } from './restore-plan.ts';
import type { UnprovedForeignKey } from './foreign-keys.ts';
import type { TablePart } from './where-key/narrow-table.ts';

export interface RestoreSettings {
  /** `latest`, a manifest's key or file name, or a time. */
  readonly at: string;
  /** Patterns against the tables of the restore point; undefined: all of them. */
  readonly tables: readonly string[] | undefined;
  /** `name` or `schema.name` that the one table is restored under; undefined: its own. */
  readonly into: string | undefined;
  /** A condition on the key of the one table, as `parseCondition` reads it; undefined: all of its rows. */
  readonly whereKey?: string | undefined;
  /** Whether rows in chunks that are missing or damaged may be left out. */
  readonly skipDamaged?: boolean | undefined;
  /** Whether values are loaded by what is quick, rather than by the server's settings for new values. */
  readonly fast?: boolean | undefined;
  /** Whether what target tables hold may be replaced. */
  readonly clean: boolean;
  /** Whether new objects get the owners that they have in the source. */
  readonly owner: boolean;
  /** Whether new objects get the grants that they have in the source. */
  readonly grants: boolean;
  /** Connections that load at once. */
  readonly maxWorkers: number;
  /** Most bytes of `COPY` text to load a second; undefined: no limit. */
  readonly maxRate?: number | undefined;
}

/** All that a restore is given. */
export interface RestoreInput {
  readonly target: ConnectionTarget;
  /** The URL `target` was resolved from: loader threads resolve it again. */
  readonly targetUrl: Secret | undefined;
  readonly store: MeasuredStore;
  readonly settings: RestoreSettings;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
  readonly startedAt: Date;
}

/** What a finished restore tells: the `--json` result of `restore`. */
export interface RestoreResult {
  /** `incomplete`: with `skipDamaged`, rows were left out. */
  readonly status: 'completed' | 'incomplete';
  /** Object key of the manifest. */
  readonly manifest: string;
  readonly tables: readonly RestoredTable[];
  /** Rows that were left out, range by range. */
  readonly missing: readonly LostRows[];
  /** Foreign keys that do not hold without them. */
  readonly unprovedForeignKeys: readonly UnprovedForeignKey[];
  readonly durationSeconds: number;
}

export interface RestoredTable {
  /** With `whereKey`: which ranges were fetched, of how many, and the rows in them. */
  readonly part?: TablePart;
  /** `schema.table` in the target. */
  readonly table: string;
  readonly rows: number;
  /** Content digest, read back from the target: equal to the restore point's; of a part, or without what is missing, to that of its rows. */
  readonly digest: string;
}
