import type { CommandName } from '../config/option-types.ts';
import type { DemoScreen } from './demo-steps.ts';

export interface DemoInput {
  /** Articles in the table at the first backup. */
  readonly rows: number;
  /** The folder in which the demo makes its own, when it can. */
  readonly parentFolder: string;
  /** Store below which the demo's backups go; a folder in the demo's own when undefined. */
  readonly storeUrl: string | undefined;
  /** Further flags that the user gave and the command takes. */
  readonly flagsFor: (command: CommandName) => readonly string[];
  /** What the commands inherit; variables of PostgreSQL and of this program are left out. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly startedAt: Date;
  readonly signal: AbortSignal;
  readonly screen: DemoScreen;
  /** Makes a secret unprintable (law 10). */
  readonly protect: (secret: string) => void;
}
