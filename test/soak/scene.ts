import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import type { EmbeddedPostgres } from '../../src/embedded/start-embedded-postgres.ts';
import { runProgram, type ProgramEnd } from '../../src/core/programs/run-program.ts';
import { builtBinary } from '../oracle/program.ts';
import type { S3Server } from '../support/s3-server/server.ts';
import type { Tally } from './tally.ts';

/** Something that must never happen. */
export class SoakFailure extends Error {}

export interface SceneParts {
  readonly seed: number;
  readonly postgres: EmbeddedPostgres;
  readonly s3: S3Server;
  /** Of the working folders. */
  readonly folder: string;
  readonly tally: Tally;
  readonly signal: AbortSignal;
  /** Until when writers write, in milliseconds since 1970. */
  readonly until: number;
}

/** What all who take part in a soak share. */
export class Scene {
  readonly parts: SceneParts;
  readonly source = 'soak';
  lastId = 1000;
  /** How often the server was made to crash, which takes back commits that were seen: the writers do not wait for the disk. */
  crashes = 0;
  /** By manifest that a run has told, where the server did not crash meanwhile: the changes that were seen before it began. */
  readonly least = new Map<string, number>();
  #failure: Error | undefined;

  constructor(parts: SceneParts) {
    this.parts = parts;
  }

  get seed(): number {
    return this.parts.seed;
  }

  get tally(): Tally {
    return this.parts.tally;
  }

  isOver(): boolean {
    return Date.now() >= this.parts.until || this.#failure !== undefined || this.parts.signal.aborted;
  }

  fail(error: unknown): void {
    this.#failure ??= error instanceof Error ? error : new Error(String(error));
  }

  throwIfFailed(): void {
    if (this.#failure) throw this.#failure;
    this.parts.signal.throwIfAborted();
  }

  /** A session, as soon as the server takes one. */
  async connect(database = this.source): Promise<pg.Client> {
    for (;;) {
      const client = new pg.Client({ connectionString: this.parts.postgres.url(database) });
      client.on('error', () => {});
      try {
        await client.connect();
        return client;
      } catch (error) {
        await client.end().catch(() => undefined);
        if (this.parts.signal.aborted) throw error;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }

  /** Runs a command of the binary; `killAfter` milliseconds it is killed. */
  async run(name: string, args: readonly string[], killAfter?: number): Promise<ProgramEnd> {
    const { s3, folder, postgres, signal } = this.parts;
    const own = join(folder, name);
    mkdirSync(own, { recursive: true });
    let timer: NodeJS.Timeout | undefined;
    const end = await runProgram({
      args: [...args, '--store', 's3://soak/backups'],
      binary: builtBinary,
      folder: own,
      signal,
      environment: {
        PATH: process.env['PATH'],
        HOME: own,
        LANG: 'C.UTF-8',
        AWS_ENDPOINT_URL_S3: s3.endpoint,
        AWS_ACCESS_KEY_ID: s3.accessKeyId,
        AWS_SECRET_ACCESS_KEY: s3.secretAccessKey,
        AWS_EC2_METADATA_DISABLED: 'true',
        STORYDREDGE_BACKUP_DATABASE_URL: postgres.url(this.source),
      },
      onStart: (pid) => {
        if (killAfter !== undefined) timer = setTimeout(() => killIfThere(pid), killAfter);
      },
    });
    clearTimeout(timer);
    return end;
  }

  /** A lease whose process is gone, as after a minute. */
  expireLeaseOfDead(): void {
    const objects = this.parts.s3.objects('soak');
    const lease = objects.get('backups/lease.json');
    if (lease === undefined) return;
    const { pid } = JSON.parse(lease.body.toString('utf8')) as { readonly pid: number };
    if (!signalIfThere(pid, 0)) objects.delete('backups/lease.json');
  }

  /** Keys of the restore points that are there, oldest first. */
  points(): string[] {
    const keys = [...this.parts.s3.objects('soak').keys()];
    return keys.filter((key) => key.startsWith('backups/manifests/')).sort();
  }
}

/** A run that has ended by itself is as good: its output may still be on its way. */
function killIfThere(pid: number): void {
  signalIfThere(pid, 'SIGKILL');
}

/** Signal 0 only asks. @returns whether there is such a process */
function signalIfThere(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
    throw error;
  }
}
