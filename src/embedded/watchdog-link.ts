import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { BackupError } from '../core/errors.ts';
import { programModule } from '../core/program-files.ts';
import type { ServerFacts, WatchdogOrder, WatchdogReply } from './watchdog-protocol.ts';

interface Waiting {
  readonly resolve: (facts: ServerFacts) => void;
  readonly reject: (error: BackupError) => void;
}

/** This program's end of the channel to a watchdog. Keeps the program running only while it waits for a reply. */
export class WatchdogLink {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, Waiting>();
  readonly #ended: Promise<number | null>;
  #lastId = 0;

  constructor() {
    this.#child = fork(fileURLToPath(programModule('embedded/watchdog')), [], {
      cwd: '/',
      detached: true,
      env: { PATH: process.env['PATH'] },
      execArgv: [],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    this.#child.on('message', (reply) => this.#settle(reply as WatchdogReply));
    this.#ended = new Promise((resolve) => {
      this.#child.once('exit', resolve);
      this.#child.once('error', () => resolve(null));
    });
    void this.#ended.then((code) => this.#failAll(`the watchdog of the throw-away server ended (${code})`));
    this.#unref();
  }

  /** @throws BackupError `E_EMBEDDED_POSTGRES` with what the watchdog reports. */
  async ask(order: WatchdogOrder): Promise<ServerFacts> {
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#child.ref();
      this.#child.channel?.ref();
      this.#child.send({ id, order }, (error) => {
        if (error) this.#failAll('the watchdog of the throw-away server is gone');
      });
    });
  }

  /**
   * Lets the watchdog end the server and remove the folder, and waits for it. May be called again.
   *
   * @returns whether it could; false also when the watchdog itself was killed.
   */
  async end(): Promise<boolean> {
    this.#child.ref();
    if (this.#child.connected) this.#child.disconnect();
    return (await this.#ended) === 0;
  }

  #settle(reply: WatchdogReply): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    this.#unref();
    if ('facts' in reply) waiting?.resolve(reply.facts);
    else {
      const hint = reply.hint === undefined ? {} : { hint: reply.hint };
      waiting?.reject(new BackupError('E_EMBEDDED_POSTGRES', reply.failure, hint));
    }
  }

  #failAll(message: string): void {
    for (const { reject } of this.#waiting.values()) reject(new BackupError('E_EMBEDDED_POSTGRES', message));
    this.#waiting.clear();
    this.#unref();
  }

  #unref(): void {
    if (this.#waiting.size > 0) return;
    this.#child.unref();
    this.#child.channel?.unref();
  }
}
