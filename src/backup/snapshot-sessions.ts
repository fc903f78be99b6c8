import type { Secret } from '../core/secret.ts';
import { connect } from '../postgres/connect.ts';
import type { Session } from '../postgres/session.ts';
import { resolveConnection } from '../postgres/resolve-connection.ts';
import { adoptSnapshot } from '../postgres/snapshot.ts';
import { RowBuffer } from './row-buffer.ts';

interface Held {
  readonly snapshotId: string;
  readonly session: Session;
  readonly buffer: RowBuffer;
}

/** Sessions of this thread that have adopted the run's snapshot; one that failed is not used again. */
export class SnapshotSessions {
  readonly #databaseUrl: Secret | undefined;
  readonly #idle: Held[] = [];
  #isClosed = false;

  constructor(databaseUrl: Secret | undefined) {
    this.#databaseUrl = databaseUrl;
  }

  /** Runs `work` in a session that sees the snapshot. `signal` ends the work on the server, too. */
  async use<T>(
    snapshotId: string,
    signal: AbortSignal,
    work: (session: Session, buffer: RowBuffer) => Promise<T>,
  ): Promise<T> {
    await this.#closeOthers(snapshotId);
    const held = this.#take(snapshotId) ?? {
      snapshotId,
      session: await this.#open(snapshotId),
      buffer: new RowBuffer(),
    };
    // The signal may have aborted while the session was opened: nobody would hear of it any more.
    if (signal.aborted) {
      await this.#release(held);
      throw signal.reason;
    }
    const abort = () => void held.session.close();
    signal.addEventListener('abort', abort, { once: true });
    try {
      const result = await work(held.session, held.buffer);
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

  #take(snapshotId: string): Held | undefined {
    const position = this.#idle.findIndex((held) => held.snapshotId === snapshotId);
    return position < 0 ? undefined : this.#idle.splice(position, 1)[0];
  }

  /** Sessions of a snapshot that was given up would hold back the source's vacuum. */
  async #closeOthers(snapshotId: string): Promise<void> {
    const others = this.#idle.filter((held) => held.snapshotId !== snapshotId);
    for (const held of others) this.#idle.splice(this.#idle.indexOf(held), 1);
    await Promise.all(others.map(({ session }) => session.close()));
  }

  async #open(snapshotId: string): Promise<Session> {
    const target = await resolveConnection({ databaseUrl: this.#databaseUrl }, process.env);
    const session = await connect(target, { purpose: 'reader', access: 'read-only' });
    try {
      await adoptSnapshot(session, snapshotId);
      return session;
    } catch (error) {
      await session.close();
      throw error;
    }
  }

  /** Ends the sessions; those in use end with their work. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all(this.#idle.splice(0).map(({ session }) => session.close()));
  }
}
