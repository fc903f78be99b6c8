import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, open, readdir, rename, stat, truncate } from 'node:fs/promises';
import { freemem } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { DemoDatabase } from '../src/demo/demo-database.ts';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../src/embedded/start-embedded-postgres.ts';
import type { Peers } from './peers.ts';
import { runBinary } from './run-binary.ts';
import { libpqVariables, runShell, type Run } from './shell.ts';
import { cpuSecondsOfFamily, type ProcessWatch } from './watch-process.ts';

const scratchBlock = 4 * 1024 * 1024;

export interface RunOptions {
  readonly signal?: AbortSignal;
  /** Watches the process in place of one that measures its memory. */
  readonly watch?: ProcessWatch | undefined;
}

/** A server, and a folder for stores that is removed with it, however this process ends. */
export class Workshop {
  readonly server: EmbeddedPostgres;
  readonly folder: string;
  readonly peers: Peers;
  readonly signal: AbortSignal;
  #databases = 0;
  #removed = 0;

  private constructor(server: EmbeddedPostgres, folder: string, peers: Peers, signal: AbortSignal) {
    this.server = server;
    this.folder = folder;
    this.peers = peers;
    this.signal = signal;
  }

  static async open(major: number | undefined, peers: Peers, signal: AbortSignal): Promise<Workshop> {
    const server = await startEmbeddedPostgres({
      signal,
      ...(isSupported(major) ? { major } : {}),
      settings: { max_wal_size: '4GB', autovacuum: 'off' },
    });
    const folder = join(server.folder, 'bench');
    await mkdir(folder);
    return new Workshop(server, folder, peers, signal);
  }

  async createDatabase(): Promise<DemoDatabase> {
    this.#databases += 1;
    return DemoDatabase.create(this.server, `bench_${this.#databases}`);
  }

  /** URL of a store of that name. */
  store(name: string): string {
    return pathToFileURL(this.path(name)).href;
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** Size of all files of a store, a folder or a file, in bytes; 0 while there is none. */
  async sizeOf(name: string): Promise<number> {
    const path = this.path(name);
    if (!existsSync(path)) return 0;
    const sizes = await Promise.all((await filesOf(path)).map(async (file) => stat(file)));
    return sizes.reduce((sum, { size }) => sum + size, 0);
  }

  /**
   * Takes a store, a folder or a file out of the way and frees its bytes. Its empty files stay until the end: ext4 looks past
   * each file that was deleted in the last five minutes whenever it makes one, and so would slow down what is measured next.
   */
  async remove(name: string): Promise<void> {
    if (!existsSync(this.path(name))) return;
    this.#removed += 1;
    const path = join(this.path('removed'), String(this.#removed));
    await mkdir(this.path('removed'), { recursive: true });
    await rename(this.path(name), path);
    const files = await filesOf(path);
    await Promise.all(files.map(async (file) => truncate(file)));
  }

  /**
   * Runs the built binary as a process of its own, with nothing in its environment but what is given.
   * Throws when it fails, or when it is stopped by `signal`.
   */
  async run(
    args: readonly string[],
    variables: Readonly<Record<string, string>>,
    { signal = this.signal, watch }: RunOptions = {},
  ): Promise<Run> {
    const environment = { PATH: this.peers.path, ...variables };
    return runBinary({ args, environment, folder: this.folder, signal, watch });
  }

  /** Runs a line of bash in the folder of stores, with the database in its environment. */
  async shell(
    line: string,
    database: DemoDatabase,
    variables: Readonly<Record<string, string>> = {},
    { signal = this.signal, watch }: RunOptions = {},
  ): Promise<Run> {
    const environment = { PATH: this.peers.path, ...libpqVariables(database.url), ...variables };
    return runShell({ line, environment, folder: this.folder, signal, watch });
  }

  /**
   * Writes out what earlier measurements have left in memory, so that it is no burden to the next, and takes as much memory as that
   * may need for its files: a virtual machine gives what is free back to its host, and the next who writes a file would wait for
   * the host to find it again, 2.4 seconds a gigabyte and more where this was found out.
   *
   * @param fileBytes what the next measurement may write
   */
  async settle(fileBytes = 0): Promise<void> {
    const scratch = this.path('scratch');
    const file = await open(scratch, 'w');
    const block = Buffer.alloc(scratchBlock);
    const most = Math.min(fileBytes, freemem() / 2);
    for (let written = 0; written < most; written += block.length) await file.write(block);
    await file.truncate();
    await file.close();
    await promisify(execFile)('sync');
  }

  /** Processor time of all processes of the server so far. */
  serverCpuSeconds(): number {
    return this.server.pid === undefined ? 0 : cpuSecondsOfFamily(this.server.pid);
  }

  async close(): Promise<void> {
    await this.server.stop();
  }
}

/** Paths of all files of a folder, however deep; of a file its own. */
async function filesOf(path: string): Promise<string[]> {
  if ((await stat(path)).isFile()) return [path];
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((file) => join(file.parentPath, file.name));
}

function isSupported(major: number | undefined): major is 14 | 15 | 16 | 17 | 18 {
  return major !== undefined && major >= 14 && major <= 18;
}
