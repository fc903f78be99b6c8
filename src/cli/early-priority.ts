import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { CommandName } from '../config/option-types.ts';
import { defaultConfigFile, variableOf } from '../config/options.ts';
import { lowerPriority } from '../core/lower-priority.ts';
import type { Host } from './host.ts';
import type { Invocation } from './parse-command-line.ts';

/**
 * Lowers the priority of a backup before anything else is loaded, where nothing but the command line can have a say in it: half of a
 * run's start is the loading of its modules, and whoever is not root cannot raise a priority again. In all other cases, and
 * where this fails, it is lowered, or the failure told, once all settings are known.
 */
export function lowerPriorityEarly(invocation: Invocation, host: Host): void {
  if (!isSurelyNice(invocation, host)) return;
  try {
    lowerPriority();
  } catch {
    // Tried and told again with the settings.
  }
}

/** A backup runs beside production, where processors that production needs are its own; what else is run is waited for. */
export function isNiceByDefault(command: CommandName): boolean {
  return command === 'backup';
}

/** Whether `nice` is on whatever the config file says. */
export function isSurelyNice(
  { row, flags }: Invocation,
  { environment, folder }: Pick<Host, 'environment' | 'folder'>,
): boolean {
  if (flags.nice !== undefined) return flags.nice === true;
  if (!isNiceByDefault(row.name) || environment[variableOf('nice')]) return false;
  const named = flags.config ?? environment[variableOf('config')];
  const path = resolve(folder, typeof named === 'string' && named !== '' ? named : defaultConfigFile);
  return !existsSync(path) || !mentionsNice(path);
}

/** However a file is written, it cannot set what it does not name. */
function mentionsNice(path: string): boolean {
  try {
    const text = readFileSync(path, 'utf8');
    return /nice|\\/i.test(text);
  } catch {
    return true;
  }
}
