import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { BackupError, codeOf, messageOf } from '../core/errors.ts';
import type { ServerFacts } from './watchdog-protocol.ts';

const deadlineMs = 20_000;

/**
 * Ends the server and removes its folder where the watchdog could not: somebody killed it.
 *
 * @throws BackupError `E_EMBEDDED_POSTGRES` naming what is left.
 */
export async function removeLeftovers({ folder, pid }: ServerFacts): Promise<void> {
  try {
    if (pid !== undefined) await endServer(pid, join(folder, 'data', 'postmaster.pid'));
    await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  } catch (error) {
    const left = `the throw-away server (process ${pid}, folder ${folder}) could not be removed`;
    throw new BackupError('E_EMBEDDED_POSTGRES', `${left}: ${messageOf(error)}`, {
      cause: error,
      hint: 'End that process and remove that folder.',
    });
  }
}

/** Where nothing reaps orphans, an ended process stays visible: then its lock file, gone, tells. */
async function endServer(pid: number, lockFile: string): Promise<void> {
  const deadline = Date.now() + deadlineMs;
  while (existsSync(lockFile) && signalProcess(pid, 'SIGQUIT')) {
    if (Date.now() > deadline) throw new Error('it does not end');
    await sleep(50);
  }
}

/** @returns whether the process is still there. */
function signalProcess(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if (codeOf(error) === 'ESRCH') return false;
    throw error;
  }
}
