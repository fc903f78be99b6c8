import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { BackupError } from '../core/errors.ts';
import type { Cluster } from './init-cluster.ts';
import { serverEnvironment } from './server-user.ts';
import type { ShutdownMode } from './watchdog-protocol.ts';

const readyDeadlineMs = 60_000;
const shutdownDeadlineMs = 20_000;
const pollMs = 15;

/** A running postmaster, child of this process. */
export interface RunningServer {
  readonly pid: number;
  readonly hasExited: () => boolean;
  /** Resolves when the postmaster, and with it every process of the server, has ended. */
  readonly shutDown: (mode: ShutdownMode) => Promise<void>;
}

/** The port was taken by another process in the meantime. */
export class PortTakenError extends Error {}

/**
 * Starts the postmaster and waits until it accepts connections.
 *
 * @throws PortTakenError, or BackupError `E_EMBEDDED_POSTGRES` with the end of the server's log.
 */
export async function launchServer(
  cluster: Cluster,
  port: number,
  signal: AbortSignal,
): Promise<RunningServer> {
  const child = await spawnPostmaster(cluster, port);
  const server: RunningServer = {
    pid: child.pid ?? 0,
    hasExited: () => child.exitCode !== null || child.signalCode !== null,
    shutDown: (mode) => shutDown(child, mode),
  };
  try {
    await waitUntilReady(cluster.folder, server, signal);
    return server;
  } catch (error) {
    await server.shutDown('immediate');
    throw error;
  }
}

async function spawnPostmaster(cluster: Cluster, port: number): Promise<ChildProcess> {
  const { binaries, folder, user } = cluster;
  const log = await open(join(folder, 'postgres.log'), 'a', 0o600);
  try {
    // Found by PATH and given a relative folder: `pkill -f storydredge-backup` must not match the server just
    // because it lies in a checkout of that name.
    const child = spawn(join(binaries.bin, 'postgres'), ['-D', 'data', '-p', String(port)], {
      ...user,
      argv0: 'postgres',
      cwd: folder,
      env: serverEnvironment(binaries.bin),
      stdio: ['ignore', log.fd, log.fd],
    });
    await once(child, 'spawn');
    return child;
  } finally {
    await log.close();
  }
}

async function waitUntilReady(folder: string, server: RunningServer, signal: AbortSignal): Promise<void> {
  const deadline = Date.now() + readyDeadlineMs;
  while (!(await isReady(folder, server.pid))) {
    signal.throwIfAborted();
    if (server.hasExited() || Date.now() > deadline) throw await startFailure(folder);
    await sleep(pollMs);
  }
}

/** Line 1 of postmaster.pid is the process, line 8 its state: unlike a TCP connect, it cannot be another's. */
async function isReady(folder: string, pid: number): Promise<boolean> {
  const text = await readFile(join(folder, 'data', 'postmaster.pid'), 'utf8').catch(() => '');
  const lines = text.split('\n');
  return lines[0] === String(pid) && lines[7]?.trim() === 'ready';
}

async function startFailure(folder: string): Promise<Error> {
  const log = await readFile(join(folder, 'postgres.log'), 'utf8').catch(() => '');
  const tail = log.trimEnd().split('\n').slice(-10).join('\n');
  if (/could not bind .*Address already in use/.test(tail)) return new PortTakenError(tail);
  return new BackupError('E_EMBEDDED_POSTGRES', `the PostgreSQL server did not start:\n${tail}`);
}

async function shutDown(child: ChildProcess, mode: ShutdownMode): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill(mode === 'fast' ? 'SIGINT' : 'SIGQUIT');
  const killer = setTimeout(() => child.kill('SIGKILL'), shutdownDeadlineMs);
  await exited;
  clearTimeout(killer);
}
