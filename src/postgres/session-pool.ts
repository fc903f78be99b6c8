import type { Session } from './session.ts';

/** Sessions of one thread, opened when there is none to spare; one in which something failed is not used again. */
export class SessionPool<Held extends { readonly session: Session }> {
  readonly #open: () => Promise<Held>;
  readonly #idle: Held[] = [];
  #isClosed = false;

  /** @param open opens a session, with what goes from user to user with it */
  constructor(open: () => Promise<Held>) {
    this.#open = open;
  }

  /** Runs `work` in a session. `signal` ends the work on the server, too; rejects with its reason where it aborts before. */
  async use<T>(signal: AbortSignal, work: (held: Held) => Promise<T>): Promise<T> {
    const held = this.#idle.pop() ?? (await this.#open());
    // The signal may have aborted while the session was opened: nobody would hear of it any more.
    if (signal.aborted) {
      await this.#release(held);
      throw signal.reason;
    }
    const abort = () => void held.session.close();
    signal.addEventListener('abort', abort, { once: true });
    try {
      const result = await work(held);
      await this.#release(held);
      return result;
    } catch (error) {
      await held.session.close();
      throw error;
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  /** A session that is left open after `close` would keep the thread from ending. */
  async #release(held: Held): Promise<void> {
    if (this.#isClosed) await held.session.close();
    else this.#idle.push(held);
  }

  /** Ends the sessions; those in use end with their work. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all(this.#idle.splice(0).map(({ session }) => session.close()));
  }
}
