import { optionOf, type OptionName } from './options.ts';
import { formatBytes, formatDuration } from './units.ts';

/** An option's default as a person would write it; undefined where it has none or is a switch. */
export function shownDefault(name: OptionName): string | undefined {
  const definition = optionOf(name);
  if (!('default' in definition) || definition.default === undefined) return undefined;
  switch (definition.kind) {
    case 'boolean':
    case 'pairs':
      return undefined;
    case 'rate':
    case 'bytes':
      return formatBytes(definition.default);
    case 'duration':
      return formatDuration(definition.default);
    case 'list':
      return definition.default.join(',');
    case 'string':
    case 'integer':
    case 'enum':
    default:
      return String(definition.default);
  }
}
