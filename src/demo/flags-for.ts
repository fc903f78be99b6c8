import type { CommandName } from '../config/option-types.ts';
import { commandsOf, flagOf, optionOf, type OptionName, type Settings } from '../config/options.ts';
import { formatDuration } from '../config/units.ts';

/** Options of the demo that it hands on to the commands it runs. */
const handedOn = [
  'chunkSize',
  'chunkBytes',
  'compression',
  'endpointUrl',
  'region',
  's3Compat',
  'storeTimeout',
  'maxWorkers',
  'sse',
  'kmsKeyId',
  'storageClass',
  'acl',
  'objectTags',
] as const satisfies readonly OptionName[];

/** The flags for one command that say the same as the settings that were given to the demo. */
export function flagsFor(
  command: CommandName,
  settings: Settings,
  isGiven: (name: OptionName) => boolean,
): string[] {
  return handedOn
    .filter((name) => isGiven(name) && commandsOf(name).includes(command))
    .flatMap((name) => valuesOf(name, settings).flatMap((value) => [flagOf(name), value]));
}

function valuesOf(name: (typeof handedOn)[number], settings: Settings): string[] {
  const value = settings[name];
  if (value === undefined) return [];
  if (typeof value === 'number' && optionOf(name).kind === 'duration') return [formatDuration(value)];
  if (typeof value === 'object') return Object.entries(value).map(([key, text]) => `${key}=${text}`);
  return [String(value)];
}
