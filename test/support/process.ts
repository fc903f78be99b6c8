import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { cleanUpLater } from './clean-up.ts';

/** The compiled binary: `npm test` builds it first. */
export const binaryPath = fileURLToPath(new URL('../../dist/bin/storydredge-backup.js', import.meta.url));

export interface ProcessOptions {
  /** Working folder, where relative paths such as `logs/` end up. */
  readonly cwd: string;
  /** Added to the clean environment; `undefined` takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Written to standard input, which is then closed. */
  readonly input?: string;
  /** Kills the process with SIGKILL when aborted. */
  readonly signal?: AbortSignal;
  /** Gives the process a group of its own, as a shell does: `killGroup` then reaches its children too. */
  readonly ownGroup?: boolean;
  /** Limits of the shell's `ulimit` for the process: `-f 16`. A file that may not grow is like a disk that is full. */
  readonly ulimit?: string;
  /** User and group id to run as, for tests that run as root. */
  readonly uid?: number;
}

export interface ProcessResult {
  /** Exit status, or null when a signal ended the process. */
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface LiveProcess {
  readonly child: ChildProcessWithoutNullStreams;
  readonly pid: number;
  /** Resolves when the process has ended and all its output has been read. Never rejects. */
  readonly result: Promise<ProcessResult>;
  /** What the process has printed so far, standard output and error in order of arrival. */
  output(): string;
  /** Resolves when the output so far matches; rejects, with the output, when the process ends before. */
  waitForOutput(pattern: RegExp): Promise<void>;
  kill(signal: NodeJS.Signals): void;
  /** Signals the whole group, as Ctrl-C in a terminal does; only with `ownGroup`. */
  killGroup(signal: NodeJS.Signals): void;
}

/** Runs the real binary to its end, whatever its exit status. */
export async function runBinary(args: readonly string[], options: ProcessOptions): Promise<ProcessResult> {
  return spawnBinary(args, options).result;
}

/** Starts the real binary; killed with SIGKILL after the test or file, should it still run. */
export function spawnBinary(args: readonly string[], options: ProcessOptions): LiveProcess {
  return spawnNode([binaryPath, ...args], options);
}

/** Starts Node.js, the one that runs the tests, on a script; killed afterwards like `spawnBinary`. */
export function spawnNode(args: readonly string[], options: ProcessOptions): LiveProcess {
  const script = `trap '' XFSZ; ulimit ${options.ulimit}; exec "$0" "$@"`;
  const shell = ['-c', script, process.execPath];
  const [command, before] = options.ulimit === undefined ? [process.execPath, []] : ['/bin/bash', shell];
  const child = spawn(command, [...before, ...args], {
    cwd: options.cwd,
    env: cleanEnvironment(options.env),
    stdio: ['pipe', 'pipe', 'pipe'],
    killSignal: 'SIGKILL',
    detached: options.ownGroup ?? false,
    ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
    ...(options.signal ? { signal: options.signal } : {}),
  });
  const live = follow(child);
  cleanUpLater(async () => {
    child.kill('SIGKILL');
    await live.result;
  });
  // A process that ends before it read its input is no failure of the test.
  child.stdin.on('error', () => {});
  child.stdin.end(options.input ?? '');
  return live;
}

/**
 * Nothing of the machine's settings: no PG*, AWS_* or config-file variable, no home folder with credentials.
 * The instance metadata service is off, which would be waited for where there is none.
 */
function cleanEnvironment(env: ProcessOptions['env'] = {}): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'],
    HOME: '/nonexistent',
    TMPDIR: tmpdir(),
    LANG: 'C.UTF-8',
    AWS_EC2_METADATA_DISABLED: 'true',
    ...env,
  };
}

function follow(child: ChildProcessWithoutNullStreams): LiveProcess {
  let stdout = '';
  let stderr = '';
  let both = '';
  let ended = false;
  const listeners = new Set<() => void>();
  const changed = (): void => listeners.forEach((listener) => listener());
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    both += text;
    changed();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    both += text;
    changed();
  });
  child.on('error', (error) => {
    stderr += `${error.message}\n`;
  });
  const result = new Promise<ProcessResult>((resolve) => {
    child.once('close', (exitCode, signal) => {
      ended = true;
      changed();
      resolve({ exitCode, signal, stdout, stderr });
    });
  });
  const waitForOutput = async (pattern: RegExp): Promise<void> =>
    new Promise((resolve, reject) => {
      const listener = (): void => {
        if (pattern.test(both)) resolve();
        else if (ended) reject(new Error(`the process ended without printing ${pattern}, but:\n${both}`));
        else return;
        listeners.delete(listener);
      };
      listeners.add(listener);
      listener();
    });
  const kill = (signal: NodeJS.Signals): void => void child.kill(signal);
  const pid = child.pid ?? 0;
  const killGroup = (signal: NodeJS.Signals): void => void process.kill(-pid, signal);
  return { child, pid, result, output: () => both, waitForOutput, kill, killGroup };
}
