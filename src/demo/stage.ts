import type { DemoCommands } from './demo-commands.ts';
import type { DemoDatabase } from './demo-database.ts';
import type { DemoScreen } from './demo-steps.ts';

/** What every step of the demo works with. */
export interface Stage {
  readonly screen: DemoScreen;
  readonly commands: DemoCommands;
  /** The database with the table. */
  readonly source: DemoDatabase;
  /** The empty one that is restored into. */
  readonly target: DemoDatabase;
}
