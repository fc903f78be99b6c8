import type { SessionState } from './ask-server.ts';
import type { OpenClient } from './open-client.ts';

export interface WatchOptions {
  readonly open: OpenClient;
  /** Silence of so many milliseconds makes the server be asked. */
  readonly silenceMs: number;
  /** Whether an answer is waited for. */
  isWaiting(): boolean;
  /** @param end whether to end the session there, where the server is not at work for it. Never rejects. */
  ask(end: boolean): Promise<SessionState>;
  /** Told once that the connection is of no use any more. */
  onLost(error: Error): void;
}

/**
 * Finds out that a connection is half-open: whatever lies between (a firewall, a proxy) forgot it without telling. A server
 * that works on a long statement is silent as well, so it is asked over another connection; a session for which it was not
 * at work twice, with nothing received in between, is lost.
 */
export class SilenceWatch {
  readonly #options: WatchOptions;
  readonly #timer: NodeJS.Timeout;
  #received: number | undefined;
  #isSuspect = false;
  #isAsking = false;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#timer = setInterval(() => void this.#look(), options.silenceMs).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    if (this.#isAsking) return;
    if (!this.#isSilent()) {
      this.#isSuspect = false;
      return;
    }
    this.#isAsking = true;
    const state = await this.#options.ask(this.#isSuspect);
    this.#isAsking = false;
    if (state !== 'not at work' || !this.#isSilent()) this.#isSuspect = false;
    else if (this.#isSuspect) this.#lose();
    else this.#isSuspect = true;
  }

  /** Whether nothing has come since the last look, though an answer is waited for and rows are not held back here. */
  #isSilent(): boolean {
    const { open } = this.#options;
    const { bytesRead } = open.socket;
    const isWaiting = this.#options.isWaiting() && !open.client.connection.stream.isPaused();
    const isSilent = isWaiting && bytesRead === this.#received;
    this.#received = isWaiting ? bytesRead : undefined;
    return isSilent;
  }

  #lose(): void {
    this.stop();
    this.#options.onLost(new Error('half-open: no answer comes, and the server is not at work on one'));
  }
}
