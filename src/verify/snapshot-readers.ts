import type { Secret } from '../core/secret.ts';
import { connect } from '../postgres/connect.ts';
import { resolveConnection } from '../postgres/resolve-connection.ts';
import type { Session } from '../postgres/session.ts';
import { adoptSnapshot } from '../postgres/snapshot.ts';

/** Read-only sessions of one thread that have adopted the snapshot; one that failed is not used again. */
export class SnapshotReaders {
  readonly #databaseUrl: Secret | undefined;
  readonly #idle: Session[] = [];

  constructor(databaseUrl: Secret | undefined) {
    this.#databaseUrl = databaseUrl;
  }

  /** Runs `work` in a session that sees the snapshot, the same for all calls; `signal` ends it on the server, too. */
  async use<T>(snapshotId: string, signal: AbortSignal, work: (session: Session) => Promise<T>): Promise<T> {
    const session = this.#idle.pop() ?? (await this.#open(snapshotId));
    const abort = () => void session.close();
    signal.addEventListener('abort', abort, { once: true });
    try {
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

  async #open(snapshotId: string): Promise<Session> {
    const target = await resolveConnection({ databaseUrl: this.#databaseUrl }, process.env);
    const session = await connect(target, { purpose: 'verify', access: 'read-only' });
    try {
      await adoptSnapshot(session, snapshotId);
      return session;
    } catch (error) {
      await session.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#idle.splice(0).map((session) => session.close()));
  }
}
