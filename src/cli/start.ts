import { setDefaultAutoSelectFamilyAttemptTimeout } from 'node:net';
import { toBackupError } from '../core/errors.ts';
import type { CommandRow } from './command.ts';
import { commands } from './commands.ts';
import type { Host } from './host.ts';
import { Redactor } from './logging/redactor.ts';
import { main } from './main.ts';
import { printFailure } from './results.ts';
import { watchStopSignals } from './stop-signals.ts';

/** Runs the command line of this process, and ends the process with its status. */
export async function start(rows: readonly CommandRow[] = commands): Promise<void> {
  const host: Host = {
    environment: process.env,
    folder: process.cwd(),
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    now: () => Date.now(),
  };
  // A reader that went away (`| head`), or a terminal that did: the run goes on without it.
  process.stdout.on('error', () => undefined);
  process.stderr.on('error', () => undefined);
  // A host with several addresses gets more than the quarter of a second for each that Node.js allows.
  setDefaultAutoSelectFamilyAttemptTimeout(5000);
  const redactor = new Redactor();
  process.on('uncaughtException', (thrown) => {
    void endOnBug(thrown, host, redactor);
  });
  const atTerminal = process.stdout.isTTY || process.stderr.isTTY;
  const signal = watchStopSignals(process, atTerminal, (status) => process.exit(status));
  const status = await main({ argv: process.argv.slice(2), host, rows, signal, redactor });
  // A command that has returned is done: sockets left open by a library must not keep the process.
  process.exit(status);
}

/** An error that nobody awaited is a bug, and what the program does afterwards can no longer be trusted. */
async function endOnBug(thrown: unknown, host: Host, redactor: Redactor): Promise<void> {
  const error = toBackupError(thrown);
  const json = process.argv.includes('--json');
  await printFailure(error, { host, json, redactor });
  process.exit(error.exit);
}
