import type { Secret } from '../core/secret.ts';
import { connect } from './connect.ts';
import { resolveConnection } from './resolve-connection.ts';
import { SessionPool } from './session-pool.ts';
import type { Session } from './session.ts';
import { adoptSnapshot } from './snapshot.ts';

interface Held<Kept> {
  readonly session: Session;
  readonly kept: Kept;
}

export interface SnapshotSessionsInput<Kept> {
  readonly databaseUrl: Secret | undefined;
  /** For the application name of the sessions. */
  readonly purpose: 'reader' | 'verify';
  /** Makes what goes from user to user with a session. */
  readonly newKept: () => Kept;
}

/** Read-only sessions of this thread that have adopted a snapshot, the same for all calls or the latest one. */
export class SnapshotSessions<Kept> {
  readonly #input: SnapshotSessionsInput<Kept>;
  #current: { readonly snapshotId: string; readonly pool: SessionPool<Held<Kept>> } | undefined;

  constructor(input: SnapshotSessionsInput<Kept>) {
    this.#input = input;
  }

  /** Runs `work` in a session that sees the snapshot. `signal` ends the work on the server, too. */
  async use<T>(
    snapshotId: string,
    signal: AbortSignal,
    work: (session: Session, kept: Kept) => Promise<T>,
  ): Promise<T> {
    const pool = await this.#poolOf(snapshotId);
    return pool.use(signal, ({ session, kept }) => work(session, kept));
  }

  /** Sessions of a snapshot that was given up would hold back the source's vacuum. */
  async #poolOf(snapshotId: string): Promise<SessionPool<Held<Kept>>> {
    const before = this.#current;
    if (before?.snapshotId === snapshotId) return before.pool;
    const pool = new SessionPool(() => this.#open(snapshotId));
    this.#current = { snapshotId, pool };
    await before?.pool.close();
    return pool;
  }

  async #open(snapshotId: string): Promise<Held<Kept>> {
    const { databaseUrl, purpose, newKept } = this.#input;
    const target = await resolveConnection({ databaseUrl }, process.env);
    const session = await connect(target, { purpose, access: 'read-only' });
    try {
      await adoptSnapshot(session, snapshotId);
      return { session, kept: newKept() };
    } catch (error) {
      await session.close();
      throw error;
    }
  }

  /** Ends the sessions; those in use end with their work. */
  async close(): Promise<void> {
    await this.#current?.pool.close();
  }
}
