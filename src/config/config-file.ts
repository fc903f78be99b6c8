import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import {
  type Document,
  LineCounter,
  isMap,
  isScalar,
  parseDocument,
  visit,
  type Node,
  type ParsedNode,
} from 'yaml';
import { BackupError, codeOf, messageOf } from '../core/errors.ts';
import { nearestName } from './nearest-name.ts';
import { isOptionName, keyOf, optionNames, optionOf, type OptionName } from './options.ts';
import { expandVariables } from './variables.ts';
import { expectation, parseValue } from './value-schema.ts';

/** A value of the config file, with the line it stands on. */
export interface FileValue {
  readonly value: unknown;
  readonly line: number;
}

type Environment = Readonly<Record<string, string | undefined>>;

const keysInFile = new Map(
  optionNames.filter((name) => optionOf(name).inFile !== false).map((name) => [keyOf(name), name]),
);

/**
 * Reads a config file: YAML, one key an option, `${NAME}` expanded from the environment inside values only. A
 * relative `path` counts from `folder`.
 * Rejects with E_CONFIG_FILE or E_CONFIG_ENV, naming key and line.
 */
export function readConfigFile(
  path: string,
  environment: Environment,
  folder: string,
): ReadonlyMap<OptionName, FileValue> {
  return parseConfig(readText(path, folder), path, environment);
}

/** As `readConfigFile`, for the file's text; `path` is only its name in errors. */
export function parseConfig(
  text: string,
  path: string,
  environment: Environment,
): ReadonlyMap<OptionName, FileValue> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const lineOf = (node: Node | undefined | null) => lines.linePos(node?.range?.[0] ?? 0).line;
  const [broken] = document.errors;
  if (broken) {
    // The library's message goes on with an excerpt of the file, which may hold a password (law 10).
    const [reason = 'no valid YAML'] = broken.message.split(/ at line \d+|\n/);
    throw configError(path, lines.linePos(broken.pos[0]).line, reason);
  }
  const values = new Map<OptionName, FileValue>();
  const { contents } = document;
  if (contents === null || (isScalar(contents) && contents.value === null)) return values;
  if (!isMap<ParsedNode, ParsedNode | null>(contents)) {
    throw configError(path, lineOf(contents), 'the file must hold `key: value` lines');
  }
  for (const { key, value } of contents.items) {
    const line = lineOf(key);
    const name = knownKey(isScalar(key) ? String(key.value) : String(key), path, line);
    if (value !== null) expandNode(value, environment, { path, key: keyOf(name), lineOf });
    const typed = parseValue(optionOf(name), plainValue(value, document, path, line));
    if (typed === undefined) throw wrongValue(path, line, name);
    values.set(name, { value: typed, line });
  }
  return values;
}

function readText(path: string, folder: string): string {
  try {
    return readFileSync(resolve(folder, path), 'utf8');
  } catch (error) {
    const missing = codeOf(error) === 'ENOENT';
    throw new BackupError(
      'E_CONFIG_FILE',
      missing ? `${path}: no such file` : `${path}: cannot be read: ${messageOf(error)}`,
      {
        cause: error,
        hint: missing
          ? 'Correct --config, or write the file with `storydredge-backup init`.'
          : 'Check the path and its permissions.',
      },
    );
  }
}

function knownKey(key: string, path: string, line: number): OptionName {
  const name = keysInFile.get(key);
  if (name) return name;
  const near = nearestName(key, keysInFile.keys());
  const camelCase = isOptionName(key) ? keyOf(key) : undefined;
  const meant = camelCase ?? near;
  throw configError(
    path,
    line,
    `unknown key \`${key}\``,
    meant ? `Did you mean \`${meant}\`?` : 'docs/options.md lists the keys there are.',
  );
}

function plainValue(node: ParsedNode | null, document: Document, path: string, line: number): unknown {
  try {
    return node?.toJS(document);
  } catch (error) {
    // An alias without its anchor, or one that grows without bound.
    throw configError(path, line, messageOf(error));
  }
}

interface Place {
  readonly path: string;
  readonly key: string;
  readonly lineOf: (node: Node) => number;
}

/** Expands inside the parsed tree, so that a variable's value is a value whatever characters it holds. */
function expandNode(node: ParsedNode, environment: Environment, place: Place): void {
  visit(node, {
    Scalar(_, scalar) {
      if (typeof scalar.value !== 'string') return;
      const expanded = expandVariables(scalar.value, environment);
      if ('missing' in expanded) {
        throw new BackupError(
          'E_CONFIG_ENV',
          `${place.path}, line ${place.lineOf(scalar)}: \`${place.key}\` needs the environment variable ${expanded.missing}, which is not set`,
          { hint: `Set ${expanded.missing}, or give a default: \${${expanded.missing}:-default}.` },
        );
      }
      scalar.value = expanded.text;
    },
  });
}

function wrongValue(path: string, line: number, name: OptionName): BackupError {
  const definition = optionOf(name);
  return configError(path, line, `\`${keyOf(name)}\` must be ${expectation(definition)}`);
}

function configError(path: string, line: number, problem: string, hint?: string): BackupError {
  return new BackupError('E_CONFIG_FILE', `${path}, line ${line}: ${problem}`, hint ? { hint } : {});
}
