import type { CommandName } from '../config/option-types.ts';
import type { OptionName, Settings } from '../config/options.ts';
import type { Reporter } from '../core/events.ts';
import type { Host } from './host.ts';

/** A row of the table of commands: what help needs, and how to load the rest. */
export interface CommandRow {
  readonly name: CommandName;
  /** One line for the list of commands. */
  readonly summary: string;
  readonly arguments?: readonly CommandArgument[];
  /** Lines shown under "Examples:". */
  readonly examples: readonly string[];
  /** The start of the log file's name; a command without it keeps no log file and prints only warnings. */
  readonly logName?: string;
  /** False for a command that does not read the config file. */
  readonly readsConfigFile?: false;
  /** Imports the command's file: nothing heavy may load before a command is known to run. */
  load(): Promise<RunCommand>;
}

export interface CommandArgument {
  readonly name: string;
  readonly doc: string;
}

/** Does the command's work. Rejects with a BackupError; never prints, never exits. */
export type RunCommand = (context: CommandContext) => Promise<CommandOutcome>;

export interface CommandContext {
  readonly settings: Settings;
  /** Whether the option was given by flag, environment or config file, rather than left to its default. */
  readonly isGiven: (name: OptionName) => boolean;
  /** Whether the option stands on the command line: the tables a config file backs up do not narrow a restore. */
  readonly isFlag: (name: OptionName) => boolean;
  /** As many as the row's `arguments`. */
  readonly args: readonly string[];
  readonly reporter: Reporter;
  /** Aborts with E_INTERRUPTED on the first SIGINT or SIGTERM: save what is to be saved, then reject with its reason. */
  readonly signal: AbortSignal;
  readonly host: Host;
  /** When the process started to work, which names its log file. */
  readonly startedAt: Date;
  /** Version of this program, as in package.json. */
  readonly version: string;
  /** Makes a secret met on the way (a session token) unprintable in logs, errors and results (law 10). */
  readonly protect: (secret: string) => void;
}

export interface CommandOutcome {
  /** 0 when absent. */
  readonly exitCode?: number;
  /** The result with `--json`: plain data, and a `JsonList` where it may be long. */
  readonly json: object;
  /** The result for people, without a final line feed; may be empty. */
  readonly text: string;
}
