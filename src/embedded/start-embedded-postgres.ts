import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { findBinaries } from './find-binaries.ts';
import { removeLeftovers } from './remove-leftovers.ts';
import { WatchdogLink } from './watchdog-link.ts';
import type {
  PostgresMajor,
  ServerCertificate,
  ServerFacts,
  ServerPlan,
  ShutdownMode,
  WatchdogOrder,
} from './watchdog-protocol.ts';

export interface EmbeddedPostgresOptions {
  /** Version to run; when absent 17, or else whatever supported version there is. */
  readonly major?: PostgresMajor;
  /** Folder in which the server's folder is made, if the server's user can reach it; the system's for temporary files otherwise. */
  readonly parentFolder?: string;
  /** Added to `postgresql.conf`, before the defaults for throw-away servers in precedence. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Makes the server accept TLS connections too. */
  readonly ssl?: ServerCertificate;
  /** Lines of `pg_hba.conf` that come before `host all all 127.0.0.1/32 scram-sha-256`. */
  readonly hba?: readonly string[];
  /** Folders from which the npm packages are resolved; this program's and the working folder when absent. */
  readonly packagesFrom?: readonly string[];
  /** Gives up starting. Without effect on a server that has started. */
  readonly signal?: AbortSignal;
}

/** A throw-away PostgreSQL server on 127.0.0.1. It never outlives the process that started it. */
export interface EmbeddedPostgres {
  readonly host: '127.0.0.1';
  /** Stays the same over `stopServer` and `startServer`. */
  readonly port: number;
  /** The superuser. */
  readonly user: 'postgres';
  readonly password: string;
  readonly major: number;
  /** Holds the data folder (`data`) and the server's log (`postgres.log`). */
  readonly folder: string;
  /** Process id of the postmaster; undefined while the server is stopped. */
  readonly pid: number | undefined;
  /** Connection URL with the password in it (never print it), of the database `postgres` unless named. */
  url(database?: string): string;
  /** Stops the server but keeps its data; `fast` (a clean shutdown) when no mode is given. */
  stopServer(mode?: ShutdownMode): Promise<void>;
  /** Starts the stopped server again. */
  startServer(): Promise<void>;
  /** Ends the server at once and removes its folder. May be called again. */
  stop(): Promise<void>;
}

/**
 * Starts a new, empty PostgreSQL server from the npm packages `postgres<major>-<platform>-<arch>`, or from
 * programs of the system where those are not installed. Takes 1 to 2 seconds. Also works for root, who lends
 * it the account `postgres` or `nobody`.
 *
 * However the calling process ends, SIGKILL included, the server is ended and its folder removed.
 *
 * @throws BackupError `E_EMBEDDED_POSTGRES` with what to install, or with the end of the server's log;
 * `signal.reason` when aborted.
 */
export async function startEmbeddedPostgres(
  options: EmbeddedPostgresOptions = {},
): Promise<EmbeddedPostgres> {
  const plan = await planServer(options);
  options.signal?.throwIfAborted();
  const link = new WatchdogLink();
  const abort = (): void => void link.end();
  options.signal?.addEventListener('abort', abort, { once: true });
  try {
    return new LinkedServer(link, await link.ask({ verb: 'create', plan }));
  } catch (error) {
    await link.end();
    options.signal?.throwIfAborted();
    throw error;
  } finally {
    options.signal?.removeEventListener('abort', abort);
  }
}

async function planServer(options: EmbeddedPostgresOptions): Promise<ServerPlan> {
  const { major, parentFolder, settings = {}, ssl, hba } = options;
  const packagesFrom = options.packagesFrom ?? [fileURLToPath(new URL('.', import.meta.url)), process.cwd()];
  const temporary = [tmpdir(), '/tmp', '/var/tmp'];
  return {
    candidates: await findBinaries(major, { packagesFrom, path: process.env['PATH'] ?? '' }),
    parentFolders: parentFolder === undefined ? temporary : [parentFolder, ...temporary],
    settings,
    ...(major === undefined ? {} : { major }),
    ...(ssl ? { ssl } : {}),
    ...(hba ? { hba } : {}),
  };
}

class LinkedServer implements EmbeddedPostgres {
  readonly host = '127.0.0.1';
  readonly user = 'postgres';
  readonly #link: WatchdogLink;
  #facts: ServerFacts;

  constructor(link: WatchdogLink, facts: ServerFacts) {
    this.#link = link;
    this.#facts = facts;
  }

  get port(): number {
    return this.#facts.port;
  }

  get password(): string {
    return this.#facts.password;
  }

  get major(): number {
    return this.#facts.major;
  }

  get folder(): string {
    return this.#facts.folder;
  }

  get pid(): number | undefined {
    return this.#facts.pid;
  }

  url(database = 'postgres'): string {
    return `postgresql://${this.user}:${this.password}@${this.host}:${this.port}/${encodeURIComponent(database)}`;
  }

  async stopServer(mode: ShutdownMode = 'fast'): Promise<void> {
    await this.#order({ verb: 'stop', mode });
  }

  async startServer(): Promise<void> {
    await this.#order({ verb: 'start' });
  }

  async stop(): Promise<void> {
    if (!(await this.#link.end())) await removeLeftovers(this.#facts);
    const { pid: _, ...facts } = this.#facts;
    this.#facts = facts;
  }

  async #order(order: WatchdogOrder): Promise<void> {
    this.#facts = await this.#link.ask(order);
  }
}
