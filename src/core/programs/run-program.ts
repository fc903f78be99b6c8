import { fork, type ChildProcess } from 'node:child_process';
import { extname } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { programModule } from '../program-files.ts';

export interface ProgramRun {
  /** Command and options; `--json` is added. */
  readonly args: readonly string[];
  /** The whole environment: nothing is inherited. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Working folder. */
  readonly folder: string;
  /** Ends the program when aborted. */
  readonly signal: AbortSignal;
  /** The binary to run, as a file URL; the one beside this file when absent. */
  readonly binary?: URL;
  /** Takes each line of its log as it comes. */
  readonly onLogLine?: (line: string) => void;
  /** Learns the process id. */
  readonly onStart?: (pid: number) => void;
}

export interface ProgramEnd {
  /** Exit status, or null when a signal ended it. */
  readonly exitCode: number | null;
  /** The JSON result, not checked; undefined when there was none. */
  readonly result: unknown;
  /** What it said last on standard error. */
  readonly lastLines: readonly string[];
  /** From the start of the process to its end. */
  readonly seconds: number;
}

/** How long a program that was told to stop may take. */
const graceMs = 3000;

const keptLines = 20;

/**
 * Runs the real binary as a process of its own, until it has ended, whatever its exit status. It never outlives this
 * process; Ctrl-C in the terminal does not reach it, so that it is stopped once, by `signal`.
 */
export async function runProgram(run: ProgramRun): Promise<ProgramEnd> {
  run.signal.throwIfAborted();
  const startedAt = performance.now();
  const child = start(run);
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const release = stopWith(run.signal, child);
  try {
    const lastLines: string[] = [];
    const [output, exitCode] = await Promise.all([
      child.stdout ? text(child.stdout) : '',
      ended,
      readLines(child, (line) => {
        lastLines.push(line);
        if (lastLines.length > keptLines) lastLines.shift();
        run.onLogLine?.(line);
      }),
    ]);
    const seconds = (performance.now() - startedAt) / 1000;
    run.signal.throwIfAborted();
    return { exitCode, result: parseResult(output), lastLines, seconds };
  } finally {
    release();
  }
}

function start({ args, environment, folder, binary, onStart }: ProgramRun): ChildProcess {
  const program = binary ?? programModule('bin/storydredge-backup');
  const child = fork(fileURLToPath(program), [...args, '--json'], {
    cwd: folder,
    env: { ...environment },
    execArgv: ['--import', endWithParent(program).href],
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  if (child.pid !== undefined) onStart?.(child.pid);
  return child;
}

/**
 * The module of that name of the same build. In the source it would have Node.js compile TypeScript, which costs a built
 * binary 19 MB of memory and 30 ms.
 */
function endWithParent(program: URL): URL {
  return new URL(`../core/programs/end-with-parent${extname(program.pathname)}`, program);
}

/** SIGTERM first, so that the program leaves a lock or a lease behind nowhere; then the end. */
function stopWith(signal: AbortSignal, child: ChildProcess): () => void {
  let timer: NodeJS.Timeout | undefined;
  const stop = (): void => {
    child.kill('SIGTERM');
    timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
  };
  signal.addEventListener('abort', stop, { once: true });
  return () => {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  };
}

async function readLines(child: ChildProcess, take: (line: string) => void): Promise<void> {
  if (!child.stderr) return;
  for await (const line of createInterface({ input: child.stderr, crlfDelay: Infinity })) take(line);
}

function parseResult(output: string): unknown {
  try {
    return JSON.parse(output.trimEnd().split('\n').at(-1) ?? '');
  } catch {
    return undefined;
  }
}
