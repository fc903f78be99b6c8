import type { CommandName } from '../config/option-types.ts';
import type { LoadedSettings } from '../config/load-settings.ts';
import { messageOf, toBackupError, type BackupError } from '../core/errors.ts';
import { lowerPriority } from '../core/lower-priority.ts';
import type { CommandContext } from './command.ts';
import { isNiceByDefault } from './early-priority.ts';
import type { Host } from './host.ts';
import type { Redactor } from './logging/redactor.ts';
import type { Invocation } from './parse-command-line.ts';
import { printFailure, printOutcome } from './results.ts';
import { RunReporter } from './run-reporter.ts';
import { programVersion } from './version.ts';

/** Runs one command with its settings, from its first log line to its printed result. Resolves to the exit status. */
export async function runCommand(
  invocation: Invocation,
  loaded: LoadedSettings,
  host: Host,
  redactor: Redactor,
  signal: AbortSignal,
): Promise<number> {
  const { row } = invocation;
  const { settings } = loaded;
  const startedAt = new Date(host.now());
  const reporter = new RunReporter({ settings, host, redactor, startedAt, logName: row.logName });
  const form = { host, json: settings.json, redactor };
  const context: CommandContext = {
    settings,
    isGiven: (name) => loaded.origins[name] !== 'default',
    isFlag: (name) => loaded.origins[name] === 'flag',
    args: invocation.args,
    reporter,
    signal,
    host,
    startedAt,
    version: programVersion(),
    protect: (secret) => {
      redactor.protect(secret);
    },
  };
  try {
    for (const warning of loaded.warnings) reporter.log('warn', warning);
    if (isNice(context, row.name)) beNice(reporter);
    const run = await row.load();
    const outcome = await run(context);
    reporter.close();
    await printOutcome(outcome, form);
    return outcome.exitCode ?? 0;
  } catch (thrown) {
    const error = failureOf(thrown, signal);
    reporter.recordFailure(error);
    reporter.close();
    await printFailure(error, form);
    return error.exit;
  }
}

function isNice({ settings, isGiven }: CommandContext, command: CommandName): boolean {
  return isGiven('nice') ? settings.nice : isNiceByDefault(command);
}

/** A run with the usual priority is better than none. */
function beNice(reporter: RunReporter): void {
  try {
    lowerPriority();
  } catch (error) {
    reporter.log('warn', `The priority of this process could not be lowered: ${messageOf(error)}`);
  }
}

/** What an interrupted command fails with is a consequence (a closed connection): the interruption is the reason. */
function failureOf(thrown: unknown, signal: AbortSignal): BackupError {
  return toBackupError(signal.aborted ? signal.reason : thrown);
}
