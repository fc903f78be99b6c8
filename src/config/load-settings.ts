import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { BackupError } from '../core/errors.ts';
import { Secret } from '../core/secret.ts';
import type { FileValue } from './config-file.ts';
import { nearestName } from './nearest-name.ts';
import {
  defaultConfigFile,
  environmentPrefix,
  flagOf,
  optionNames,
  optionOf,
  variableOf,
  type OptionName,
  type Settings,
} from './options.ts';
import { expectation, parseValue } from './value-schema.ts';

/** Where settings come from, strongest first: flags, environment, config file, the table's defaults. */
export interface SettingsSources {
  /** Flags as typed: text, true or false for a switch, an array for an option given several times. */
  readonly flags: Readonly<Partial<Record<OptionName, string | boolean | readonly string[]>>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The folder in which the default config file is looked for and from which its path counts. */
  readonly folder: string;
  /** False for `init`, which writes the file that others read. */
  readonly readsConfigFile?: boolean;
}

export type Origin = 'flag' | 'environment' | 'file' | 'default';

export interface LoadedSettings {
  readonly settings: Settings;
  readonly origins: Readonly<Record<OptionName, Origin>>;
  /** The config file that was read. */
  readonly configFile: string | undefined;
  /** What looks like a mistake but stops nothing. */
  readonly warnings: readonly string[];
}

/** Settles every option. Rejects with E_USAGE (flags, environment), E_CONFIG_FILE or E_CONFIG_ENV. */
export async function loadSettings(sources: SettingsSources): Promise<LoadedSettings> {
  const configFile = findConfigFile(sources);
  const file = configFile === undefined ? noFile : await readFile(configFile, sources);
  const values: Partial<Record<OptionName, unknown>> = {};
  const origins: Partial<Record<OptionName, Origin>> = {};
  for (const name of optionNames) {
    const definition = optionOf(name);
    const [value, origin] = fromFlag(name, sources.flags[name]) ??
      fromVariable(name, sources.environment) ??
      fromFile(file.get(name)) ?? ['default' in definition ? definition.default : undefined, 'default'];
    const isSecret = definition.kind === 'string' && definition.secret && typeof value === 'string';
    values[name] = isSecret ? new Secret(value) : value;
    origins[name] = origin;
  }
  // The loop has set every name to a value its own row of the table has checked.
  const settings = values as Settings;
  checkCombinations(settings);
  const warnings = strayVariables(sources.environment);
  return { settings, origins: origins as Record<OptionName, Origin>, configFile, warnings };
}

const noFile: ReadonlyMap<OptionName, FileValue> = new Map();

/** The parser of YAML is a tenth of all that a run loads: only with a file to read. */
async function readFile(
  path: string,
  { environment, folder }: SettingsSources,
): Promise<ReadonlyMap<OptionName, FileValue>> {
  const { readConfigFile } = await import('./config-file.ts');
  return readConfigFile(path, environment, folder);
}

type Found = readonly [value: unknown, origin: Origin] | undefined;

function findConfigFile(sources: SettingsSources): string | undefined {
  if (sources.readsConfigFile === false) return undefined;
  const [named] =
    fromFlag('config', sources.flags.config) ?? fromVariable('config', sources.environment) ?? [];
  if (typeof named === 'string') return named;
  return existsSync(join(sources.folder, defaultConfigFile)) ? defaultConfigFile : undefined;
}

function fromFlag(name: OptionName, given: string | boolean | readonly string[] | undefined): Found {
  if (given === undefined) return undefined;
  const value = parseValue(optionOf(name), Array.isArray(given) ? given.join(',') : given);
  if (value === undefined) throw wrongValue(name, flagOf(name), given);
  return [value, 'flag'];
}

function fromVariable(name: OptionName, environment: SettingsSources['environment']): Found {
  const text = environment[variableOf(name)];
  // An empty variable is how many tools say "not set".
  if (text === undefined || text === '') return undefined;
  const value = parseValue(optionOf(name), text);
  if (value === undefined) throw wrongValue(name, variableOf(name), text);
  return [value, 'environment'];
}

function fromFile(found: FileValue | undefined): Found {
  return found && [found.value, 'file'];
}

function wrongValue(name: OptionName, place: string, given: unknown): BackupError {
  const definition = optionOf(name);
  const secret = definition.kind === 'string' && definition.secret === true;
  const shown = secret ? 'what was given' : `"${String(given)}"`;
  return new BackupError('E_USAGE', `${place} must be ${expectation(definition)}, not ${shown}`, {
    hint: `Correct ${place}; docs/options.md describes every option.`,
  });
}

function checkCombinations(settings: Settings): void {
  if (settings.kmsKeyId !== undefined && settings.sse !== 'aws:kms') {
    throw new BackupError('E_USAGE', '--kms-key-id needs --sse aws:kms', {
      hint: 'Add --sse aws:kms, or leave --kms-key-id out.',
    });
  }
  if (settings.into !== undefined && settings.table.length > 1) {
    throw new BackupError('E_USAGE', `--into takes one table, and --table names ${settings.table.length}`, {
      hint: 'Restore the tables one by one, each --into its own name.',
    });
  }
}

/** A mistyped variable would be ignored in silence. */
function strayVariables(environment: SettingsSources['environment']): string[] {
  const known = new Set(optionNames.map(variableOf));
  return Object.keys(environment)
    .filter((variable) => variable.startsWith(environmentPrefix) && !known.has(variable))
    .sort()
    .map((variable) => {
      const near = nearestName(variable, known);
      return `environment variable ${variable} is no option and is ignored${near ? `; did you mean ${near}?` : ''}`;
    });
}
