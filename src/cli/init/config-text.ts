import { stringify } from 'yaml';
import { keyOf, optionNames, optionOf, type OptionName } from '../../config/options.ts';
import { shownDefault } from '../../config/shown-default.ts';

export type ConfigValues = Readonly<Partial<Record<OptionName, unknown>>>;

/** Shown with their defaults, as comments, where no value was given. */
const worthKnowing: readonly OptionName[] = ['chunkBytes', 'compression', 'maxWorkers', 'logDir'];

/** The text of a config file: each value below what it means. `schema` is where editors find the JSON Schema. */
export function configText(values: ConfigValues, schema: string): string {
  const lines = [
    `# yaml-language-server: $schema=${schema}`,
    '# Config file of storydredge-backup. Values may hold ${NAME} or ${NAME:-default} from the environment.',
  ];
  for (const name of optionNames) {
    const value = values[name];
    if (value === undefined && !worthKnowing.includes(name)) continue;
    lines.push('', `# ${optionOf(name).doc}.`);
    lines.push(
      value === undefined
        ? `# ${keyOf(name)}: ${shownDefault(name) ?? ''}`
        : stringify({ [keyOf(name)]: literal(value) }).trimEnd(),
    );
  }
  return `${lines.join('\n')}\n`;
}

/** Keeps a `${` that belongs to the value from being expanded when the file is read. */
function literal(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll('${', () => '$${');
  if (Array.isArray(value)) return value.map(literal);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, literal(inner)]));
}
