import { codeOf } from '../../../core/errors.ts';
import { demand, errorIn, NotTried } from '../expectations.ts';
import type { Exercise } from '../exercise.ts';
import { said } from '../place.ts';
import type { Stage } from '../stage.ts';

const wakeEveryMs = 50;

/** The run stands still behind its snapshot while its sessions are ended; it is woken until it has ended. */
async function sessionsTerminated(stage: Stage): Promise<string> {
  const place = await stage.changedPlace('D1');
  let [pid, ended] = [0, Promise.resolve(0)];
  let timer: NodeJS.Timeout | undefined;
  const wake = (): void => {
    timer = setInterval(() => continueProcess(pid), wakeEveryMs);
  };
  try {
    await place.succeed('backup', [], {
      environment: { STORYDREDGE_FAULT: 'backup.checkpoint.opened:1:stop' },
      onStart: (started) => (pid = started),
      onLogLine: (line) => {
        if (!line.includes(' | INFO | Snapshot ') || timer) return;
        ended = stage.source.terminateOthers().finally(wake);
        // Awaited below; the run may fail before.
        ended.catch(() => undefined);
      },
    });
  } finally {
    clearInterval(timer);
  }
  const count = await ended;
  demand(count > 0, 'no session was there to be ended');
  return `the run went on with new sessions in the place of ${count}; ${await place.rowsRestored()} rows are the source's`;
}

function continueProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGCONT');
  } catch (error) {
    if (codeOf(error) !== 'ESRCH') throw error;
  }
}

/** A plan reads the catalogue, exports a snapshot and adopts it, and writes nothing. */
async function ownSource(stage: Stage): Promise<string> {
  const { databaseUrl, tables } = stage.input;
  const place = stage.emptyPlace('D2');
  const args = ['--dry-run', ...tables.flatMap((table) => ['--table', table])];
  const end = await place.run('backup', args, { environment: place.environment(databaseUrl) });
  if (end.exitCode === 0) return 'a snapshot was exported and adopted, and a first run planned from it';
  const code = errorIn(end.result)?.code ?? '';
  const isAbsent = ['E_DB_UNREACHABLE', 'E_DB_AUTH', 'E_DB_NOT_FOUND'].includes(code);
  if (isAbsent) throw new NotTried(`no source of yours was reached: ${said(end)}`);
  demand(false, `backup --dry-run ${said(end)}`);
  return '';
}

export const databaseExercises: readonly Exercise[] = [
  { id: 'D1', title: 'sessions terminated during a run', try: sessionsTerminated },
  { id: 'D2', title: 'your source, only looked at', try: ownSource },
];
