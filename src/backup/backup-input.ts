import type { Reporter } from '../core/events.ts';
import type { Secret } from '../core/secret.ts';
import type { ConnectionTarget } from '../postgres/connection-target.ts';
import type { MeasuredStore } from '../store/with-measure.ts';
import type { ShipSettings } from './ship-context.ts';
import type { WorkerSettings } from './workers/workers.ts';

export interface PlanSettings {
  /** Values of `--table`. */
  readonly tables: readonly string[];
  /** Rows of a chunk; undefined: chosen for each table. */
  readonly chunkSize?: number | undefined;
  readonly chunkBytes: number;
  /** Build on nothing: every range is shipped anew. */
  readonly full: boolean;
}

export interface BackupSettings extends PlanSettings, ShipSettings, WorkerSettings {
  readonly checkpointFile: string;
  /** Takes the lease of the store, whoever holds it. */
  readonly breakLock?: boolean | undefined;
  /** Most bytes of `COPY` text to read a second; undefined: no limit. */
  readonly maxRate?: number | undefined;
  /** How long a snapshot may be held, in milliseconds, before another takes its place; undefined: to the end. */
  readonly maxSnapshotAge?: number | undefined;
  /** Whether a schema-only dump of the whole database is stored, too. */
  readonly schema: 'none' | 'pg_dump';
}

/** All that a run is given. */
export interface BackupInput {
  readonly target: ConnectionTarget;
  /** The URL `target` was resolved from: reader threads resolve it again. */
  readonly databaseUrl: Secret | undefined;
  readonly store: MeasuredStore;
  readonly settings: BackupSettings;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
  readonly startedAt: Date;
  /** Version of this program. */
  readonly version: string;
}
