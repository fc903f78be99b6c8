import type { Secret } from '../core/secret.ts';

/** Every command of the program. */
export const commandNames = [
  'backup',
  'restore',
  'verify',
  'diff',
  'export',
  'list',
  'show',
  'status',
  'download',
  'compact',
  'repair',
  'prune',
  'doctor',
  'drill',
  'init',
  'demo',
] as const;
export type CommandName = (typeof commandNames)[number];

/** Headings under which `--help` and docs/options.md show options, in that order. */
export const optionGroups = {
  command: 'Options of this command',
  database: 'Source database',
  store: 'Store',
  run: 'Run',
  output: 'Output and logs',
} as const;
export type OptionGroup = keyof typeof optionGroups;

interface OptionFacts {
  readonly group: OptionGroup;
  /** The commands that take the flag; the environment variable and the config-file key may always be set. */
  readonly commands: 'all' | readonly CommandName[];
  /** One sentence for people, without a final full stop. */
  readonly doc: string;
  /** False for the one option that a config file cannot hold: its own path. */
  readonly inFile?: false;
}

interface ValuedFacts extends OptionFacts {
  /** What stands for the value in help: `FILE`. */
  readonly placeholder: string;
}

interface TextOption extends ValuedFacts {
  readonly kind: 'string';
  readonly default?: string;
  /** The value may hold a password: it becomes a `Secret` and is never shown (law 10). */
  readonly secret?: true;
  /** What the value must look like, and those words for people. */
  readonly pattern?: { readonly source: string; readonly words: string };
}

/**
 * `integer`: a count. `bytes`: `8MiB`, a number of bytes. `rate`: `50MB/s`, bytes a second. `duration`: `26h`, a number of
 * milliseconds.
 */
interface NumberOption extends ValuedFacts {
  readonly kind: 'integer' | 'bytes' | 'rate' | 'duration';
  readonly min: number;
  readonly max: number;
  readonly default?: number;
}

interface ChoiceOption extends ValuedFacts {
  readonly kind: 'enum';
  readonly values: readonly string[];
  readonly default?: string;
}

interface SwitchOption extends OptionFacts {
  readonly kind: 'boolean';
  /** Where true, help shows both flags: `--[no-]progress`. */
  readonly default: boolean;
}

/** Repeatable; commas separate values in flags and environment variables, a config file has a sequence. */
interface ListOption extends ValuedFacts {
  readonly kind: 'list';
  readonly default: readonly string[];
}

/** `key=value`, repeatable; commas separate pairs in flags and environment variables, a config file has a mapping. */
interface PairsOption extends ValuedFacts {
  readonly kind: 'pairs';
  /** The most pairs there may be. */
  readonly max: number;
  readonly default: Readonly<Record<string, string>>;
}

export type OptionDefinition =
  | TextOption
  | NumberOption
  | ChoiceOption
  | SwitchOption
  | ListOption
  | PairsOption;

/** The type a setting has once its option is parsed. */
export type OptionValue<Definition extends OptionDefinition> = Definition extends { secret: true }
  ? Secret
  : Definition extends { kind: 'string' }
    ? string
    : Definition extends NumberOption
      ? number
      : Definition extends { kind: 'enum'; values: readonly (infer Choice)[] }
        ? Choice
        : Definition extends SwitchOption
          ? boolean
          : Definition extends ListOption
            ? readonly string[]
            : Readonly<Record<string, string>>;
