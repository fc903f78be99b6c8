import { CommanderError } from 'commander';
import { commandsOf, flagOf, isOptionName, keyOf, optionNames, optionOf } from '../config/options.ts';
import { nearestName } from '../config/nearest-name.ts';
import type { SettingsSources } from '../config/load-settings.ts';
import { redactUrl } from '../core/secret.ts';
import { BackupError } from '../core/errors.ts';
import type { CommandRow } from './command.ts';
import { buildProgram, type ProgramOutput, type SelectCommand } from './program.ts';

/** A command as it was asked for. */
export interface Invocation {
  readonly row: CommandRow;
  readonly args: readonly string[];
  readonly flags: SettingsSources['flags'];
}

/**
 * Reads the arguments after the program's name. Returns undefined when they asked for help or the version, which
 * then has been written. Throws E_USAGE.
 */
export function parseCommandLine(
  argv: readonly string[],
  rows: readonly CommandRow[],
  output: ProgramOutput,
): Invocation | undefined {
  let invocation: Invocation | undefined;
  const ordered = commandFirst(argv, rows);
  const select: SelectCommand = (row, command) => {
    invocation = { row, args: command.args, flags: givenFlags(command) };
  };
  const program = buildProgram(rows, output, ordered.command === undefined ? undefined : select);
  try {
    program.parse(ordered.argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return undefined;
    throw usageError(error);
  }
  return invocation;
}

interface Ordered {
  readonly command: string | undefined;
  readonly argv: readonly string[];
}

/** Puts the command first wherever it stands, and `backup` where none is named and no help is wanted. */
function commandFirst(argv: readonly string[], rows: readonly CommandRow[]): Ordered {
  const names = [...rows.map((row) => row.name), 'help'];
  const position = firstOperand(argv);
  const command = argv[position];
  if (command === undefined) {
    const wantsHelp = argv.some((text) => ['-h', '--help', '-V', '--version'].includes(text));
    return wantsHelp ? { command, argv } : { command: 'backup', argv: ['backup', ...argv] };
  }
  // What follows an unknown option may be its value, with a password in it: the option is the mistake to report.
  const isValue = argv.slice(0, position).some((text) => !knownFlags.has(flagIn(text)));
  if (!names.includes(command) && isValue) return { command: 'backup', argv: ['backup', ...argv] };
  if (!names.includes(command)) {
    const near = nearestName(command, names);
    throw new BackupError('E_USAGE', `unknown command '${redactUrl(command)}'`, {
      hint: near ? `Did you mean ${near}?` : 'storydredge-backup --help lists the commands.',
    });
  }
  return { command, argv: [command, ...argv.slice(0, position), ...argv.slice(position + 1)] };
}

const valueFlags = new Set(
  optionNames.filter((name) => optionOf(name).kind !== 'boolean').map((name) => flagOf(name)),
);

const knownFlags = new Set(
  optionNames
    .flatMap((name) => [`--${keyOf(name)}`, `--no-${keyOf(name)}`])
    .concat('--help', '--version', '-h', '-V'),
);

/** `--store=x` → `--store`; the value of a known flag, which stands alone, counts as known. */
function flagIn(text: string): string {
  return text.startsWith('-') ? text.replace(/=.*$/s, '') : '--help';
}

/** Index of the first argument that is neither an option nor an option's value; the length where there is none. */
function firstOperand(argv: readonly string[]): number {
  for (let index = 0; index < argv.length; index += 1) {
    const text = argv[index] ?? '';
    if (text === '--') return argv.length;
    if (!text.startsWith('-')) return index;
    if (valueFlags.has(text)) index += 1;
  }
  return argv.length;
}

function givenFlags(command: {
  opts(): Record<string, unknown>;
  getOptionValueSource(name: string): string | undefined;
}): SettingsSources['flags'] {
  const given = Object.entries(command.opts()).filter(
    ([name]) => isOptionName(name) && command.getOptionValueSource(name) === 'cli',
  );
  return Object.fromEntries(given);
}

function usageError(error: CommanderError): BackupError {
  const [message = '', suggestion] = error.message.replace(/^error: /, '').split('\n');
  const [, flag] = /^unknown option '([^'=]+)/.exec(message) ?? [];
  // Without what stands behind "=": it may be a URL with a password (law 10).
  if (flag !== undefined)
    return new BackupError('E_USAGE', `unknown option '${flag}'`, { hint: optionHint(flag) });
  return new BackupError('E_USAGE', message, {
    hint: suggestion?.replace(/^\((.*)\)$/, '$1') ?? 'storydredge-backup COMMAND --help shows what it takes.',
  });
}

function optionHint(flag: string): string {
  const name = optionNames.find((candidate) => flagOf(candidate) === flag);
  if (name) return `${flag} is an option of ${commandsOf(name).join(', ')}.`;
  const near = nearestName(
    flag.replace(/^-+/, ''),
    optionNames.map((candidate) => flagOf(candidate).slice(2)),
  );
  return near ? `Did you mean --${near}?` : 'storydredge-backup COMMAND --help lists the options.';
}
