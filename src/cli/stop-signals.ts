import { constants } from 'node:os';
import { BackupError } from '../core/errors.ts';

/** The part of the process that delivers signals. */
export interface SignalSource {
  on(signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP', listener: () => void): unknown;
}

/**
 * An AbortSignal that aborts with E_INTERRUPTED on the first SIGINT or SIGTERM, so that a command saves its
 * checkpoint and ends by itself. The second signal calls `exitNow` with the status of the signal.
 *
 * SIGHUP: Node.js undoes the "ignore" that nohup sets, and would die of the hang-up that nohup is there to survive.
 * `atTerminal` tells the cases apart: nohup takes standard output and error away from the terminal, and without a
 * terminal there is nobody to hang up. On a terminal that goes away SIGHUP stops the run as SIGTERM does.
 */
export function watchStopSignals(
  source: SignalSource,
  atTerminal: boolean,
  exitNow: (status: number) => void,
): AbortSignal {
  const controller = new AbortController();
  const stop = (name: 'SIGINT' | 'SIGTERM' | 'SIGHUP') => {
    const exit = 128 + constants.signals[name];
    if (controller.signal.aborted) {
      exitNow(exit);
      return;
    }
    controller.abort(
      new BackupError('E_INTERRUPTED', `stopped by ${name}`, {
        exit,
        hint: 'Run the command again: a backup continues with the chunks it has finished.',
      }),
    );
  };
  source.on('SIGINT', () => {
    stop('SIGINT');
  });
  source.on('SIGTERM', () => {
    stop('SIGTERM');
  });
  source.on('SIGHUP', () => {
    if (atTerminal) stop('SIGHUP');
  });
  return controller.signal;
}
