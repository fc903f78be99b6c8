import type { Secret } from '../core/secret.ts';
import { resolveConnection } from '../postgres/resolve-connection.ts';
import type { Session } from '../postgres/session.ts';
import { openTarget } from './target.ts';

/** Sessions of this thread on the target; one in which something failed is not used again. */
export class TargetSessions {
  readonly #targetUrl: Secret | undefined;
  readonly #fast: boolean;
  readonly #idle: Session[] = [];

  /** @param fast whether large values are compressed with lz4 where the server has it */
  constructor(targetUrl: Secret | undefined, fast: boolean) {
    this.#targetUrl = targetUrl;
    this.#fast = fast;
  }

  /** Runs `work` in a session. `signal` ends the work on the server, too. */
  async use<T>(signal: AbortSignal, work: (session: Session) => Promise<T>): Promise<T> {
    const session = this.#idle.pop() ?? (await this.#open());
    const abort = () => void session.close();
    signal.addEventListener('abort', abort, { once: true });
    try {
      signal.throwIfAborted();
      const result = await work(session);
      this.#idle.push(session);
      return result;
    } catch (error) {
      await session.close();
      throw error;
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  async #open(): Promise<Session> {
    const target = await resolveConnection({ databaseUrl: this.#targetUrl }, process.env);
    const session = await openTarget(target, 'loader');
    // Nothing counts before the last commit, and that one waits for all before it to be durable.
    await session.query(`SELECT pg_catalog.set_config('synchronous_commit', 'off', false)`);
    if (this.#fast) await preferLz4(session);
    return session;
  }

  async close(): Promise<void> {
    await Promise.all(this.#idle.splice(0).map((session) => session.close()));
  }
}

/** The setting holds for values of columns that say nothing of their own, and is refused by a server without lz4. */
async function preferLz4(session: Session): Promise<void> {
  await session.query(
    `SELECT pg_catalog.set_config(name, 'lz4', false) FROM pg_catalog.pg_settings
      WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals)`,
  );
}
