import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { BackupError } from '../core/errors.ts';
import { freePort } from './free-port.ts';
import { initCluster, type Cluster } from './init-cluster.ts';
import { launchServer, PortTakenError, type RunningServer } from './launch-server.ts';
import { makeServerFolder } from './make-server-folder.ts';
import { prepareBinaries } from './prepare-binaries.ts';
import { serverUser } from './server-user.ts';
import type { ServerFacts, ServerPlan, ShutdownMode } from './watchdog-protocol.ts';

const portTries = 5;

/** One server with its folder, as the watchdog holds it. Its methods are called one after the other. */
export class ThrowAwayServer {
  readonly #signal: AbortSignal;
  #folder: string | undefined;
  #cluster: Cluster | undefined;
  #server: RunningServer | undefined;
  #port = 0;

  /** Once `signal` is aborted, whatever is under way gives up at its next step. */
  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  async create(plan: ServerPlan): Promise<ServerFacts> {
    const user = await serverUser();
    this.#folder = await makeServerFolder(plan.parentFolders, user);
    this.#signal.throwIfAborted();
    const binaries = await prepareBinaries(plan, user, this.#folder);
    this.#signal.throwIfAborted();
    const password = randomBytes(18).toString('base64url');
    this.#cluster = { binaries, folder: this.#folder, user, password };
    await initCluster(this.#cluster, plan);
    for (let attempt = 1; ; attempt += 1) {
      this.#port = await freePort();
      try {
        return await this.start();
      } catch (error) {
        if (!(error instanceof PortTakenError) || attempt === portTries) throw error;
      }
    }
  }

  /** Starts the stopped server again, on the same port; does nothing while it runs. */
  async start(): Promise<ServerFacts> {
    this.#signal.throwIfAborted();
    if (!this.#cluster) throw new BackupError('E_EMBEDDED_POSTGRES', 'the server was not created');
    if (!this.#server || this.#server.hasExited()) {
      this.#server = await launchServer(this.#cluster, this.#port, this.#signal);
    }
    return this.#facts(this.#cluster);
  }

  async stop(mode: ShutdownMode): Promise<ServerFacts> {
    if (!this.#cluster) throw new BackupError('E_EMBEDDED_POSTGRES', 'the server was not created');
    await this.#server?.shutDown(mode);
    return this.#facts(this.#cluster);
  }

  /** Ends the server and removes its folder with all that is in it. */
  async remove(): Promise<void> {
    await this.#server?.shutDown('immediate');
    if (this.#folder !== undefined) {
      await rm(this.#folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
    }
  }

  #facts({ folder, password, binaries }: Cluster): ServerFacts {
    const pid = this.#server && !this.#server.hasExited() ? { pid: this.#server.pid } : {};
    return { folder, port: this.#port, password, major: binaries.major, ...pid };
  }
}
