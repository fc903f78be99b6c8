import { execFile } from 'node:child_process';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { promisify } from 'node:util';
import type pg from 'pg';

/** What the figures were measured on. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly platform: string;
  readonly node: string;
  readonly postgres: string;
  /** Version of psql; undefined where there is none. */
  readonly psql: string | undefined;
}

export async function describeMachine(client: pg.Client): Promise<Machine> {
  const { rows } = await client.query<{ server_version: string }>('SHOW server_version');
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    platform: `${process.platform} ${process.arch}`,
    node: process.version,
    postgres: rows[0]?.server_version ?? 'unknown',
    psql: await psqlVersion(),
  };
}

async function psqlVersion(): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)('psql', ['--version']);
    return stdout.trim();
  } catch {
    return undefined;
  }
}
