import type { CommandName } from '../../config/option-types.ts';
import type { Reporter } from '../../core/events.ts';
import type { Secret } from '../../core/secret.ts';
import type { ConnectionTarget } from '../../postgres/connection-target.ts';
import type { Store } from '../../store/store.ts';

export interface DrillInput {
  /** The user's store; the drill has a prefix of its own below it. */
  readonly storeUrl: string;
  /** Opens a store at a URL, with all other settings of the user's. */
  readonly openStore: (url: string) => Promise<Store>;
  /** A server on which databases may be created; undefined: one is started. */
  readonly scratchUrl: Secret | undefined;
  /** The user's source, which is only looked at. */
  readonly databaseUrl: Secret | undefined;
  readonly tables: readonly string[];
  /** Resolves a URL, and makes its passwords unprintable. */
  readonly resolve: (url: Secret | undefined) => Promise<ConnectionTarget>;
  /** Further flags that the user gave and the command takes. */
  readonly flagsFor: (command: CommandName) => readonly string[];
  /** What the commands inherit. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Ids of exercises, or rows that they belong to; all when empty. */
  readonly only: readonly string[];
  readonly startedAt: Date;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
}

export type Verdict = 'passed' | 'failed' | 'skipped';

export interface ExerciseResult {
  /** The row of docs/reliability.md, with a letter where several belong to one: `P1a`. */
  readonly id: string;
  /** What goes wrong in it. */
  readonly title: string;
  readonly verdict: Verdict;
  /** What was seen, in one sentence; why it failed or was skipped. */
  readonly detail: string;
  readonly seconds: number;
}

export interface DrillResult {
  readonly status: 'passed' | 'failed';
  /** The prefix that was made and removed again. */
  readonly store: string;
  readonly exercises: readonly ExerciseResult[];
  /** Objects below the prefix that the store did not let go of; null where it does not tell. */
  readonly left: number | null;
  readonly durationSeconds: number;
}
