import { fileURLToPath } from 'node:url';
import { runProgram, type ProgramEnd } from '../../src/core/programs/run-program.ts';

/** The compiled binary. */
export const builtBinary = new URL('../../dist/bin/storydredge-backup.js', import.meta.url);

export interface Program {
  /** The binary, or a mutant of it. */
  readonly binary: URL;
  /** Working folder: logs and checkpoint are in it. */
  readonly folder: string;
  readonly storeUrl: string;
  readonly signal: AbortSignal;
}

export interface Command {
  readonly args: readonly string[];
  readonly databaseUrl?: string;
  readonly targetUrl?: string;
  readonly against?: string;
  readonly onLogLine?: (line: string) => void;
  readonly onStart?: (pid: number) => void;
}

/** Runs a command of the real binary over all tables of the history's store, whatever its exit status. */
export async function runCommand(program: Program, command: Command): Promise<ProgramEnd> {
  const { args, databaseUrl, targetUrl, against, onLogLine, onStart } = command;
  return runProgram({
    args: [...args, '--table', '*', '--store', program.storeUrl],
    environment: {
      PATH: process.env['PATH'],
      HOME: fileURLToPath(new URL('..', program.binary)),
      LANG: 'C.UTF-8',
      STORYDREDGE_BACKUP_DATABASE_URL: databaseUrl,
      STORYDREDGE_BACKUP_TARGET_URL: targetUrl,
      STORYDREDGE_BACKUP_AGAINST: against,
    },
    folder: program.folder,
    binary: program.binary,
    signal: program.signal,
    ...(onLogLine ? { onLogLine } : {}),
    ...(onStart ? { onStart } : {}),
  });
}

/** Runs a command that must succeed. */
export async function mustSucceed(program: Program, command: Command): Promise<void> {
  const { exitCode, lastLines } = await runCommand(program, command);
  if (exitCode !== 0)
    throw new Error(`${command.args.join(' ')} ended with ${exitCode}:\n${lastLines.join('\n')}`);
}
