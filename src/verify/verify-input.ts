import type { Reporter } from '../core/events.ts';
import type { Secret } from '../core/secret.ts';
import type { ConnectionTarget } from '../postgres/connection-target.ts';
import type { Store } from '../store/store.ts';
import type { Finding } from './finding.ts';

export interface VerifyInput {
  readonly store: Store;
  /** As `locateRestorePoint` reads it. */
  readonly at: string;
  /** Download and prove every chunk. */
  readonly deep: boolean;
  /** With `deep`: the share of the ranges that is looked at, at random, 0 to 1; undefined: all. */
  readonly sample?: number | undefined;
  /** The database to compare with; `url` is what `target` was resolved from: threads resolve it again. */
  readonly against: { readonly target: ConnectionTarget; readonly url: Secret } | undefined;
  /** Values of `--table` that choose the tables to compare with a database; undefined: all of the restore point. */
  readonly tables: readonly string[] | undefined;
  readonly checkpointFile: string;
  readonly maxWorkers: number;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
}

export interface VerifyResult {
  readonly status: 'ok' | 'damaged';
  /** Full object key of the restore point's manifest. */
  readonly manifest: string;
  readonly findings: readonly Finding[];
  readonly manifestsChecked: number;
  /** Figures of the restore point. */
  readonly tables: number;
  readonly rows: number;
  readonly chunks: number;
  readonly bytes: number;
  /** Chunks whose SHA-256 was compared with the one the store keeps, and with --deep was computed. */
  readonly checksumsCompared: number;
  readonly deep: boolean;
  /** Of how many ranges the chunks were decoded; null without --deep or --sample. */
  readonly rangesDecoded: number | null;
  /** Ranges of the restore point. */
  readonly ranges: number;
  /** Ranges compared with a database; null without --against. */
  readonly rangesCompared: number | null;
  readonly durationSeconds: number;
}
