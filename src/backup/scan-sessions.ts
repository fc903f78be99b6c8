import pLimit from 'p-limit';
import type { SharedRate } from '../core/rate-limit.ts';
import type { Session } from '../postgres/session.ts';
import type { SnapshotSessions } from '../postgres/snapshot-sessions.ts';
import type { Snapshot } from '../postgres/snapshot.ts';
import { usualChunkRows } from '../ranges/chunk-rows.ts';
import { leastToShare } from '../ranges/fingerprints.ts';
import { readXidBase, type SnapshotReader, type XidBase } from '../ranges/range-source.ts';
import type { ScanSession, ScanSessions } from '../ranges/scan-sessions.ts';
import type { BackupInput, BackupSettings } from './backup-input.ts';
import { SnapshotGivenUp } from './give-way.ts';
import { ScanPace } from './scan-pace.ts';
import { workersAtFirst } from './workers/worker-controller.ts';

/** So many scan at once: they load the source's processors, for the short time that a scan takes. */
const mostAtOnce = 2;

interface OpenInput extends Pick<BackupInput, 'signal'> {
  readonly settings: Pick<BackupSettings, 'maxWorkers' | 'maxRate' | 'chunkSize'>;
}

export interface ScanParts {
  /** For others that scan; the caller's. */
  readonly sessions: SnapshotSessions<unknown>;
  /** Whether the server has room for one session only. */
  readonly isAlone: boolean;
  /** What the run keeps to; none when absent. */
  readonly rate?: SharedRate | undefined;
  /** Whether the snapshot is to be given up: who plans does not go on then. */
  readonly isGivenUp?: () => boolean;
}

export interface SpreadInput {
  readonly leader: ScanSession;
  readonly snapshotId: string;
  /** Where the others come from. */
  readonly sessions: SnapshotSessions<unknown>;
  /** How many sessions may scan at once. */
  readonly most: number;
  /** How many rows a range has, as far as is known. */
  readonly chunkSize: number;
  readonly rate?: SharedRate | undefined;
  readonly isGivenUp?: () => boolean;
  readonly signal: AbortSignal;
}

/**
 * The session that holds the snapshot, and another that adopts it as soon as a large table is scanned, and is then for who
 * reads. Where the server has no room for one more, the leader scans alone.
 */
export class SpreadScans implements ScanSessions {
  readonly leader: ScanSession;
  readonly #input: SpreadInput;
  readonly #leading = pLimit(1);
  /** Of the transactions in which others than the leader have scanned: each has its own as long as it lasts. */
  readonly #xids = new WeakMap<Session, Promise<XidBase>>();
  readonly #pace: ScanPace | undefined;
  #width: number;
  #isPlanning = true;
  #opening: Promise<void> | undefined;

  constructor(input: SpreadInput) {
    this.#input = input;
    const { rate, signal } = input;
    this.#pace = rate && new ScanPace(rate, signal, () => this.#checkSnapshot());
    this.leader = this.#held(input.leader);
    this.#width = Math.min(mostAtOnce, input.most);
  }

  /** @param session holds the snapshot */
  static async open(
    { settings, signal }: OpenInput,
    session: Session,
    { id, adoptable }: Snapshot,
    { isAlone, ...parts }: ScanParts,
  ): Promise<SpreadScans> {
    const leader = { reader: session, xids: await readXidBase(session) };
    const { maxWorkers, maxRate } = settings;
    // A run that spares the source with reading spares it with scanning, too.
    const most = adoptable && !isAlone ? workersAtFirst(maxWorkers, maxRate) : 1;
    const chunkSize = Math.min(settings.chunkSize ?? usualChunkRows, usualChunkRows);
    return new SpreadScans({ ...parts, leader, snapshotId: id, most, chunkSize, signal });
  }

  get width(): number {
    return this.#width;
  }

  get rowsAtOnce(): number | undefined {
    return this.#pace?.rowsAtOnce;
  }

  async use<T>(work: (session: ScanSession) => Promise<T>): Promise<T> {
    const isFree = this.#leading.activeCount + this.#leading.pendingCount === 0;
    if (isFree || this.#width === 1) return this.#lead(work);
    await this.#opening;
    if (this.#width === 1) return this.#lead(work);
    const { sessions, snapshotId, signal } = this.#input;
    let isOpen = false;
    try {
      return await sessions.use(snapshotId, signal, async (session) => {
        isOpen = true;
        return work(this.#held({ reader: session, xids: await this.#xidsOf(session) }));
      });
    } catch (error) {
      if (isOpen || signal.aborted) throw error;
      this.#width = 1;
      return this.#lead(work);
    }
  }

  /**
   * Opens the other session while something else is waited for, where a table has enough rows for two: to open one takes
   * about as long as to scan the ranges of the least share.
   */
  expect(rows: number): void {
    const { sessions, snapshotId, signal, chunkSize } = this.#input;
    if (this.#width === 1 || rows < mostAtOnce * leastToShare * chunkSize) return;
    this.#opening ??= sessions
      .use(snapshotId, signal, async () => {})
      .catch(() => {
        this.#width = 1;
      });
  }

  #xidsOf(session: Session): Promise<XidBase> {
    const known = this.#xids.get(session) ?? readXidBase(session);
    this.#xids.set(session, known);
    return known;
  }

  async #lead<T>(work: (session: ScanSession) => Promise<T>): Promise<T> {
    return this.#leading(() => work(this.leader));
  }

  #held({ reader, xids }: ScanSession): ScanSession {
    const checked: SnapshotReader = {
      query: async (text, values) => {
        this.#checkSnapshot();
        return reader.query(text, values);
      },
    };
    return { reader: this.#pace?.hold(checked) ?? checked, xids };
  }

  /** While ranges are shipped, those that have begun are ended first. */
  #checkSnapshot(): void {
    if (this.#isPlanning && this.#input.isGivenUp?.()) throw new SnapshotGivenUp();
  }

  /** All is planned. The leader scans alone from now on: the sessions are for others. May be called again. */
  async end(): Promise<void> {
    this.#isPlanning = false;
    this.#width = 1;
    await this.#opening;
  }
}
