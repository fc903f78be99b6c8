import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { DemoDatabase } from '../src/demo/demo-database.ts';
import { runProgram } from '../src/demo/run-program.ts';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../src/embedded/start-embedded-postgres.ts';

const binary = new URL('../dist/bin/storydredge-backup.js', import.meta.url);

export interface RunOfBinary {
  readonly seconds: number;
  readonly peakRssBytes: number;
  /** Its JSON result, not checked. */
  readonly result: unknown;
}

/** A server, and a folder for stores that is removed with it, however this process ends. */
export class Workshop {
  readonly server: EmbeddedPostgres;
  readonly folder: string;
  readonly signal: AbortSignal;
  #databases = 0;

  private constructor(server: EmbeddedPostgres, folder: string, signal: AbortSignal) {
    this.server = server;
    this.folder = folder;
    this.signal = signal;
  }

  static async open(signal: AbortSignal): Promise<Workshop> {
    const server = await startEmbeddedPostgres({
      signal,
      settings: { max_wal_size: '4GB', autovacuum: 'off' },
    });
    const folder = join(server.folder, 'bench');
    await mkdir(folder);
    return new Workshop(server, folder, signal);
  }

  async createDatabase(): Promise<DemoDatabase> {
    this.#databases += 1;
    return DemoDatabase.create(this.server, `bench_${this.#databases}`);
  }

  /** URL of a store of that name. */
  store(name: string): string {
    return pathToFileURL(join(this.folder, name)).href;
  }

  /** Size of all its objects, in bytes; 0 while there is no such store. */
  async storeBytes(name: string): Promise<number> {
    const folder = join(this.folder, name);
    if (!existsSync(folder)) return 0;
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile());
    const sizes = await Promise.all(files.map(async (file) => stat(join(file.parentPath, file.name))));
    return sizes.reduce((sum, { size }) => sum + size, 0);
  }

  async removeStore(name: string): Promise<void> {
    await rm(join(this.folder, name), { recursive: true, force: true });
  }

  /**
   * Runs the built binary as a process of its own, with nothing in its environment but what is given.
   * Throws when it fails.
   */
  async run(args: readonly string[], variables: Readonly<Record<string, string>>): Promise<RunOfBinary> {
    const sampler = new RssSampler();
    const end = await runProgram({
      args: [...args, '--table', 'articles'],
      environment: { PATH: process.env['PATH'], ...variables },
      folder: this.folder,
      signal: this.signal,
      binary,
      onStart: (pid) => sampler.start(pid),
    }).finally(() => sampler.stop());
    if (end.exitCode === 0) return { ...end, peakRssBytes: sampler.peak };
    throw new Error(`${args.join(' ')} ended with ${end.exitCode}:\n${end.lastLines.join('\n')}`);
  }

  async close(): Promise<void> {
    await this.server.stop();
  }
}

const sampleMs = 25;

/** The kernel's own high-water mark of a process; it only grows, so the last look before the end is close to it. */
class RssSampler {
  peak = 0;
  #stopped = false;

  start(pid: number): void {
    void this.#watch(pid);
  }

  stop(): void {
    this.#stopped = true;
  }

  async #watch(pid: number): Promise<void> {
    while (!this.#stopped) {
      const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
      const kibibytes = Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0);
      this.peak = Math.max(this.peak, kibibytes * 1024);
      await sleep(sampleMs);
    }
  }
}
