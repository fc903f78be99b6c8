import { optionNames, type OptionName, type Settings } from '../../config/options.ts';
import { shownDefault } from '../../config/shown-default.ts';
import { Secret } from '../../core/secret.ts';
import { parseStoreUrl } from '../../store/store-url.ts';
import type { CommandContext } from '../command.ts';
import type { ConfigValues } from './config-text.ts';
import { askQuestions, type Question } from './questions.ts';

export interface Answers {
  /** The settings with the answers in place of the defaults. */
  readonly chosen: Settings;
  /** What the config file is to hold: what was given or answered, without passwords. */
  readonly values: ConfigValues;
}

/** How `init` itself runs is not what later runs should do. */
const ofInitAlone: ReadonlySet<OptionName> = new Set(['yes', 'force', 'role', 'json', 'progress', 'config']);

/** Takes flags and environment as they are, and asks for what else matters where there is somebody to ask. */
export async function collectAnswers(context: CommandContext): Promise<Answers> {
  const { settings, host, isGiven } = context;
  const interactive = host.stdin.isTTY === true && host.stderr.isTTY === true;
  const answers =
    interactive && !settings.yes && !settings.json
      ? await askQuestions((known) => nextQuestion(settings, isGiven, known), host, context.signal)
      : new Map<OptionName, unknown>();
  const answered = Object.fromEntries([...answers].filter(([, value]) => value !== undefined));
  if (typeof answered['databaseUrl'] === 'string') context.protect(answered['databaseUrl']);
  const chosen: Settings = { ...settings, ...secretsIn(answered) };
  const kept = optionNames.filter(
    (name) =>
      !ofInitAlone.has(name) && (isGiven(name) || name === 'store' || name === 'table' || name in answered),
  );
  return { chosen, values: Object.fromEntries(kept.map((name) => [name, fileValue(chosen[name])])) };
}

const questions: readonly OptionName[] = ['databaseUrl', 'table', 'store', 'region', 'endpointUrl'];

function nextQuestion(
  settings: Settings,
  isGiven: (name: OptionName) => boolean,
  known: ReadonlyMap<OptionName, unknown>,
): Question | undefined {
  const store = known.get('store') ?? settings.store;
  const onS3 = typeof store === 'string' && parseStoreUrl(store).kind === 's3';
  const name = questions.find(
    (candidate) =>
      !known.has(candidate) &&
      !isGiven(candidate) &&
      (onS3 || !['region', 'endpointUrl'].includes(candidate)),
  );
  if (name === undefined) return undefined;
  return { name, suggestion: shownDefault(name) ?? '' };
}

function secretsIn(answered: Readonly<Record<string, unknown>>): Partial<Settings> {
  const url = answered['databaseUrl'];
  return typeof url === 'string' ? { ...answered, databaseUrl: new Secret(url) } : answered;
}

/** A value as the file holds it: a connection string without its password, which belongs into PGPASSWORD (law 10). */
function fileValue(value: unknown): unknown {
  return value instanceof Secret ? withoutPassword(value.reveal()) : value;
}

/** A connection URL or `key=value` string without its passwords. */
export function withoutPassword(connection: string): string {
  return connection
    .replace(/^([a-z]+:\/\/[^:@/?#]*):[^/?#]*@/i, '$1@')
    .replace(/([?&])(?:ssl)?password=[^&#]*(&|$)/gi, (_, before: string, after: string) =>
      after === '&' ? before : '',
    )
    .replace(/(^|\s)(?:ssl)?password\s*=\s*('(?:[^'\\]|\\.)*'|\S+)/g, '$1')
    .trim();
}
