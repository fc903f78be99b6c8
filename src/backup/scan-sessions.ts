import pLimit from 'p-limit';
import type { Secret } from '../core/secret.ts';
import { readXidBase } from '../ranges/range-source.ts';
import type { ScanSession, ScanSessions } from '../ranges/scan-sessions.ts';
import { SnapshotSessions } from './snapshot-sessions.ts';

/** So many scan at once: they load the source's processors, for the short time that a scan takes. */
const mostAtOnce = 2;

export interface SpreadInput {
  readonly leader: ScanSession;
  readonly snapshotId: string;
  readonly databaseUrl: Secret | undefined;
  /** How many sessions may scan at once. */
  readonly most: number;
  readonly signal: AbortSignal;
}

/**
 * The session that holds the snapshot, and another that adopts it as soon as a large table is scanned. Where the server
 * has no room for one more, the leader scans alone.
 */
export class SpreadScans implements ScanSessions {
  readonly #input: SpreadInput;
  readonly #others: SnapshotSessions;
  readonly #leading = pLimit(1);
  #width: number;

  constructor(input: SpreadInput) {
    this.#input = input;
    this.#others = new SnapshotSessions(input.databaseUrl);
    this.#width = Math.min(mostAtOnce, input.most);
  }

  get width(): number {
    return this.#width;
  }

  async use<T>(work: (session: ScanSession) => Promise<T>): Promise<T> {
    const isFree = this.#leading.activeCount + this.#leading.pendingCount === 0;
    if (isFree || this.#width === 1) return this.#lead(work);
    const { snapshotId, signal } = this.#input;
    let isOpen = false;
    try {
      return await this.#others.use(snapshotId, signal, async (session) => {
        isOpen = true;
        return work({ reader: session, xids: await readXidBase(session) });
      });
    } catch (error) {
      if (isOpen || signal.aborted) throw error;
      this.#width = 1;
      return this.#lead(work);
    }
  }

  async #lead<T>(work: (session: ScanSession) => Promise<T>): Promise<T> {
    return this.#leading(() => work(this.#input.leader));
  }

  /** Leaves the leader, which is the caller's: it scans alone from now on. */
  async close(): Promise<void> {
    this.#width = 1;
    await this.#others.close();
  }
}
