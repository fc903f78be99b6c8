import { CommanderError } from 'commander';
import {
  commandsOf,
  flagOf,
  isOptionName,
  optionNames,
  optionOf,
  type OptionName,
} from '../config/options.ts';
import { nearestName } from '../config/nearest-name.ts';
import type { SettingsSources } from '../config/load-settings.ts';
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
  if (!names.includes(command)) {
    const near = nearestName(command, names);
    throw new BackupError('E_USAGE', `unknown command '${command}'`, {
      hint: near ? `Did you mean ${near}?` : 'storydredge-backup --help lists the commands.',
    });
  }
  return { command, argv: [command, ...argv.slice(0, position), ...argv.slice(position + 1)] };
}

const valueFlags = new Set(
  optionNames.filter((name) => optionOf(name).kind !== 'boolean').map((name) => flagOf(name)),
);

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
  return new BackupError('E_USAGE', message, {
    hint:
      otherCommands(message) ??
      suggestion?.replace(/^\((.*)\)$/, '$1') ??
      'storydredge-backup COMMAND --help lists the options.',
  });
}

/** The hint for an option that exists, but not for this command. */
function otherCommands(message: string): string | undefined {
  const [, flag] = /^unknown option '(--[^'=]+)/.exec(message) ?? [];
  const name = optionNames.find((candidate: OptionName) => flagOf(candidate) === flag);
  return name && `${flag} is an option of ${commandsOf(name).join(', ')}.`;
}
