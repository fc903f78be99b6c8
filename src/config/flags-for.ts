import type { CommandName } from './option-types.ts';
import { commandsOf, flagOf, optionOf, type OptionName, type Settings } from './options.ts';
import { formatDuration } from './units.ts';

/** How a store is reached and written. */
export const handedOnOfStore = [
  'endpointUrl',
  'region',
  's3Compat',
  'storeTimeout',
  'sse',
  'kmsKeyId',
  'storageClass',
  'acl',
  'objectTags',
] as const satisfies readonly OptionName[];

/** Options of which other commands are given the same values; none is a secret, which no argument may hold (law 10). */
export type HandedOn =
  | (typeof handedOnOfStore)[number]
  | 'chunkSize'
  | 'chunkBytes'
  | 'compression'
  | 'maxWorkers';

/** The flags for a command that say the same as the settings that were given to the command that runs it. */
export function flagsFor(
  command: CommandName,
  names: readonly HandedOn[],
  settings: Settings,
  isGiven: (name: OptionName) => boolean,
): string[] {
  return names
    .filter((name) => isGiven(name) && commandsOf(name).includes(command))
    .flatMap((name) => valuesOf(name, settings).flatMap((value) => [flagOf(name), value]));
}

function valuesOf(name: HandedOn, settings: Settings): string[] {
  const value = settings[name];
  if (value === undefined) return [];
  if (typeof value === 'number' && optionOf(name).kind === 'duration') return [formatDuration(value)];
  if (typeof value === 'object') return Object.entries(value).map(([key, text]) => `${key}=${text}`);
  return [String(value)];
}
