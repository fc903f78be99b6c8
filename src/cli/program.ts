import { Command, Option } from 'commander';
import { optionGroups, type OptionGroup } from '../config/option-types.ts';
import {
  flagOf,
  keyOf,
  optionNames,
  optionOf,
  optionsOf,
  termOf,
  type OptionName,
} from '../config/options.ts';
import { shownDefault } from '../config/shown-default.ts';
import { BackupError } from '../core/errors.ts';
import type { CommandRow } from './command.ts';
import { programVersion } from './version.ts';

export interface ProgramOutput {
  /** Takes the text of --help and --version. */
  write(text: string): void;
  /** Width of help in characters. */
  readonly columns: number;
}

export type SelectCommand = (row: CommandRow, command: Command) => void;

const environmentNote = `
Every option may also be set in the environment (--chunk-size: STORYDREDGE_BACKUP_CHUNK_SIZE) and in the
config file (chunk-size: 1000). Flags win over the environment, which wins over the file. PG* and AWS_*
variables work as everywhere.`;

/**
 * The whole command line as commander knows it. `select` is told which command was given; without it, the program is
 * for its own help only, which lists the options that every command takes.
 */
export function buildProgram(
  rows: readonly CommandRow[],
  output: ProgramOutput,
  select?: SelectCommand,
): Command {
  const program = new Command('storydredge-backup')
    .usage('[command] [options]')
    .description(
      'Incremental, parallel, provable logical backup of PostgreSQL tables to S3.\nWithout a command: backup.',
    )
    .helpCommand('help [command]', 'Print the help of a command')
    .addHelpText(
      'after',
      `\n"storydredge-backup COMMAND --help" shows the options of a command.\n${environmentNote}`,
    );
  for (const row of rows) program.addCommand(buildCommand(row, output, select));
  if (select === undefined) addOptions(program, commonOptionNames);
  return dress(program, output);
}

const commonOptionNames = optionNames.filter((name) => optionOf(name).commands === 'all');

function buildCommand(row: CommandRow, output: ProgramOutput, select: SelectCommand | undefined): Command {
  const command = new Command(row.name).summary(row.summary).description(`${row.summary}.`);
  for (const argument of row.arguments ?? []) command.argument(`<${argument.name}>`, argument.doc);
  addOptions(command, optionsOf(row.name));
  command.addHelpText('after', `\nExamples:\n${row.examples.map((line) => `  ${line}`).join('\n')}`);
  command.action(() => {
    select?.(row, command);
  });
  return dress(command, output);
}

/** What the program and each of its commands share. */
function dress(command: Command, output: ProgramOutput): Command {
  return command
    .exitOverride()
    .configureOutput({
      writeOut: (text) => {
        output.write(text);
      },
      // Errors are thrown; whoever catches them prints them.
      writeErr: () => undefined,
      getOutHelpWidth: () => output.columns,
    })
    .configureHelp({ optionTerm: ({ flags }) => termOf(flags) })
    .optionsGroup('General:')
    .version(programVersion(), '-V, --version', 'Print the version')
    .helpOption('-h, --help', 'Print this help');
}

function addOptions(command: Command, names: readonly OptionName[]): void {
  const groups = Object.keys(optionGroups) as OptionGroup[];
  for (const group of groups) {
    for (const name of names) {
      if (optionOf(name).group !== group) continue;
      for (const option of commanderOptions(name)) {
        command.addOption(option.helpGroup(`${optionGroups[group]}:`));
      }
    }
  }
}

function commanderOptions(name: OptionName): Option[] {
  const definition = optionOf(name);
  if (definition.kind === 'boolean') {
    // A switch that the environment or the file turned over can be turned back by its hidden opposite.
    const opposite = definition.default ? `--${keyOf(name)}` : `--no-${keyOf(name)}`;
    const doc = definition.doc + facts(name);
    const flags = [new Option(flagOf(name), doc), new Option(opposite).hideHelp()];
    return definition.default ? flags.reverse() : flags;
  }
  const option = new Option(`${flagOf(name)} <${definition.placeholder}>`, definition.doc + facts(name));
  const repeatable = definition.kind === 'list' || definition.kind === 'pairs';
  option.argParser<unknown>((text, previous) => {
    const value = checkedValue(name, text);
    return repeatable ? [...(Array.isArray(previous) ? previous : []), value] : value;
  });
  return [option];
}

/** A forgotten value must not swallow the option that follows. */
function checkedValue(name: OptionName, text: string): string {
  const [flag = ''] = text.split('=');
  if (flag.startsWith('--') && optionNames.some((other) => flagOf(other) === flag)) {
    throw new BackupError('E_USAGE', `${flagOf(name)} needs a value, but the option ${flag} follows`, {
      hint: `Give ${flagOf(name)} a value.`,
    });
  }
  return text;
}

/** Choices and default, in brackets. */
function facts(name: OptionName): string {
  const definition = optionOf(name);
  const parts: string[] = [];
  if (definition.kind === 'enum') parts.push(`one of ${definition.values.join(', ')}`);
  const shown = definition.kind === 'boolean' && definition.default ? 'on' : shownDefault(name);
  if (shown !== undefined) parts.push(`default: ${shown}`);
  return parts.length === 0 ? '' : ` (${parts.join('; ')})`;
}
