import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { ProcessWatch } from './watch-process.ts';

export interface Run {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakRssBytes: number;
  /** The JSON result of the program, not checked, or what a command printed. */
  readonly result: unknown;
}

export interface ShellCommand {
  /** A line for bash: pipes and redirections are those that a person would type. */
  readonly line: string;
  /** The whole environment, but for HOME of a shell. Passwords go here: arguments show in the process list. */
  readonly environment: Readonly<Record<string, string>>;
  readonly folder: string;
  readonly signal: AbortSignal;
  /** Watches the shell and its children in place of one that measures their memory. */
  readonly watch?: ProcessWatch | undefined;
}

/** Runs the line to its end; throws when any part of it fails. */
export async function runShell({ line, environment, ...others }: ShellCommand): Promise<Run> {
  return runProcess({
    ...others,
    command: ['bash', '-o', 'pipefail', '-c', line],
    name: line,
    environment: { HOME: process.env['HOME'] ?? '', ...environment },
    withChildren: true,
  });
}

export interface ProcessCommand extends Omit<ShellCommand, 'line'> {
  /** The program and its arguments. */
  readonly command: readonly [string, ...string[]];
  /** What it is called where it fails. */
  readonly name: string;
  /** Whether its children are measured with it. */
  readonly withChildren: boolean;
}

/** Runs a process of a session of its own, as cron would, to its end; throws when it fails, or when it is stopped by `signal`. */
export async function runProcess({
  command: [program, ...args],
  name,
  environment,
  folder,
  signal,
  withChildren,
  ...given
}: ProcessCommand): Promise<Run> {
  signal.throwIfAborted();
  const watch = given.watch ?? new ProcessWatch({ withChildren });
  const startedAt = performance.now();
  const child = spawn(program, args, {
    cwd: folder,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  if (child.pid !== undefined) watch.start(child.pid);
  // A group of its own, so that all parts of a pipe can be ended together.
  const end = (): void => void (child.pid !== undefined && process.kill(-child.pid, 'SIGTERM'));
  signal.addEventListener('abort', end, { once: true });
  try {
    const [[status], stdout, stderr] = await Promise.all([
      once(child, 'close') as Promise<[number | null]>,
      text(child.stdout),
      text(child.stderr),
    ]);
    const seconds = (performance.now() - startedAt) / 1000;
    signal.throwIfAborted();
    if (status !== 0) throw new Error(`${name} ended with ${status}:\n${stderr.slice(-2000)}`);
    return { seconds, cpuSeconds: watch.cpuSeconds, peakRssBytes: watch.peakRssBytes, result: stdout };
  } finally {
    if (!given.watch) watch.stop();
    signal.removeEventListener('abort', end);
  }
}

/** The variables by which libpq finds the database. */
export function libpqVariables(url: string): Record<string, string> {
  const { hostname, port, username, password, pathname } = new URL(url);
  return {
    PGHOST: hostname,
    PGPORT: port,
    PGUSER: username,
    PGPASSWORD: decodeURIComponent(password),
    PGDATABASE: decodeURIComponent(pathname.slice(1)),
  };
}
