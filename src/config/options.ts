/**
 * The table of options. Parsing of flags, environment and config file, `--help`, the JSON Schema for editors and
 * docs/options.md all come from it; an option is added by adding a row.
 *
 * A row's name gives all its other names: `chunkSize` is the setting, `--chunk-size` the flag, `chunk-size` the
 * config-file key and `STORYDREDGE_BACKUP_CHUNK_SIZE` the environment variable.
 */
import { commandNames, type CommandName, type OptionDefinition, type OptionValue } from './option-types.ts';
import { backupOptions, demoOptions, initOptions, restorePointOptions } from './options-commands.ts';
import { commonOptions } from './options-common.ts';
import { retentionOptions } from './options-retention.ts';
import { storeOptions } from './options-store.ts';
import { verifyOptions } from './options-verify.ts';

const table = {
  ...backupOptions,
  ...restorePointOptions,
  ...verifyOptions,
  ...retentionOptions,
  ...initOptions,
  ...demoOptions,
  ...commonOptions,
  ...storeOptions,
} as const;

type Table = typeof table;
export type OptionName = keyof Table;

/** The value of every option; undefined where an option without default was not given. Durations in ms. */
export type Settings = {
  readonly [Name in OptionName]:
    | OptionValue<Table[Name]>
    | (Table[Name] extends { default: unknown } ? never : undefined);
};

export const optionNames = Object.keys(table) as readonly OptionName[];

export function optionOf(name: OptionName): OptionDefinition {
  return table[name];
}

export function isOptionName(text: string): text is OptionName {
  return Object.hasOwn(table, text);
}

/** `chunkSize` → `chunk-size`: the config-file key, and the flag without its dashes. */
export function keyOf(name: OptionName): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** `chunkSize` → `--chunk-size`; for a switch that is on by default the flag that turns it off. */
export function flagOf(name: OptionName): string {
  const definition = optionOf(name);
  return definition.kind === 'boolean' && definition.default ? `--no-${keyOf(name)}` : `--${keyOf(name)}`;
}

/** What help calls a flag: that of a switch which is on by default has an opposite. */
export function termOf(flag: string): string {
  return flag.replace(/^--no-/, '--[no-]');
}

/** Read where no other is named, from the working folder. */
export const defaultConfigFile = 'storydredge-backup.yaml';

export const environmentPrefix = 'STORYDREDGE_BACKUP_';

/** `chunkSize` → `STORYDREDGE_BACKUP_CHUNK_SIZE`. */
export function variableOf(name: OptionName): string {
  return environmentPrefix + keyOf(name).replaceAll('-', '_').toUpperCase();
}

/** The commands whose command line takes the option. */
export function commandsOf(name: OptionName): readonly CommandName[] {
  const { commands } = optionOf(name);
  return commands === 'all' ? commandNames : commands;
}

/** The options a command takes, in the order of the table. */
export function optionsOf(command: CommandName): readonly OptionName[] {
  return optionNames.filter((name) => commandsOf(name).includes(command));
}
