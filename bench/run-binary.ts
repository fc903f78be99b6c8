import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { Run } from './shell.ts';
import type { ProcessWatch } from './watch-process.ts';

export const binary = new URL('../dist/bin/storydredge-backup.js', import.meta.url);

export interface BinaryRun {
  /** Command and options; `--json` is added. */
  readonly args: readonly string[];
  /** The whole environment: nothing is inherited. */
  readonly environment: Readonly<Record<string, string>>;
  readonly folder: string;
  readonly signal: AbortSignal;
  readonly watch: ProcessWatch;
}

/**
 * Runs the built binary as cron would: a session of its own, and no module or channel of this process in it, which would be measured
 * with it. Where this process is killed, the program ends when its database does, or its work. Throws when it fails, or when it is stopped by `signal`.
 */
export async function runBinary({ args, environment, folder, signal, watch }: BinaryRun): Promise<Run> {
  signal.throwIfAborted();
  const startedAt = performance.now();
  const child = spawn(process.execPath, [fileURLToPath(binary), ...args, '--json'], {
    cwd: folder,
    env: { ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  if (child.pid !== undefined) watch.start(child.pid);
  const end = (): void => void child.kill('SIGTERM');
  signal.addEventListener('abort', end, { once: true });
  try {
    const [[exitCode], stdout, stderr] = await Promise.all([
      once(child, 'close') as Promise<[number | null]>,
      text(child.stdout),
      text(child.stderr),
    ]);
    const seconds = (performance.now() - startedAt) / 1000;
    signal.throwIfAborted();
    if (exitCode !== 0) throw new Error(`${args.join(' ')} ended with ${exitCode}:\n${stderr.slice(-2000)}`);
    const { cpuSeconds, peakRssBytes } = watch;
    return {
      seconds,
      cpuSeconds,
      peakRssBytes,
      result: JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? ''),
    };
  } finally {
    signal.removeEventListener('abort', end);
  }
}
