import { LentMemory } from '../core/lent-memory.ts';
import { programModule } from '../core/program-files.ts';
import type { SharedRate } from '../core/rate-limit.ts';
import { RoomForBuffers } from '../core/small-heap.ts';
import { JobsHere } from '../core/threads/jobs-here.ts';
import { ThreadPool } from '../core/threads/pool.ts';
import { threadCount } from '../core/threads/thread-count.ts';
import type { Compression } from '../format/columns.ts';
import type { Snapshot } from '../postgres/snapshot.ts';
import type { BackupInput } from './backup-input.ts';
import type { ReadJob, ReaderData, ReadResult, RowsPart } from './read-job.ts';
import { readServer, readSessions, type ReadSessions } from './read-server.ts';
import { bytesToReadOf, bytesToShipOf, type TablePlan } from './table-plan.ts';

/** `COPY` text of so many bytes is read in the time that threads take to start, about. */
const leastForThreads = 64 * 1024 * 1024;
/** Bytes of `COPY` text a second that this thread keeps up with. */
const mostRateHere = 64_000_000;
/** So many sessions give this thread all that it can take, and the second may be the one that scanned: another takes 10 ms to open. */
const mostSessionsHere = 2;

/**
 * Those who read the source, in threads of their own once it is known that there is much to read, and at what rate: they start with
 * the first job then, or when they are told to. Until then jobs are done in this thread.
 */
export class Readers {
  /** What stored chunks are read into that the threads look for rows in. */
  readonly lent = new LentMemory();
  /** Those of this thread, for whoever reads or scans here. */
  readonly sessions: ReadSessions;
  readonly #threads: ThreadPool<ReadJob, ReadResult, RowsPart>;
  readonly #here: JobsHere<ReadJob, ReadResult, RowsPart>;
  #hasThreads = false;
  readonly #compression: Compression;
  readonly #room = new RoomForBuffers();
  #isConnecting = false;
  /** Whether most of what is read is not shipped. */
  #isSearch = false;
  /** Whether a rate leaves this thread time for all. */
  #isSlow: boolean;

  constructor(size: number, data: ReaderData, compression: Compression) {
    this.#compression = compression;
    this.#isSlow = data.rate !== undefined && data.rate.bytesPerSecond <= mostRateHere;
    this.#threads = new ThreadPool(programModule('backup/read-worker'), size, data, this.lent.takeBack);
    this.sessions = readSessions(data);
    this.#here = new JobsHere(readServer(this.sessions, data), this.lent.takeBack);
  }

  /** Gets ready for much: loads the threads, while something else is waited for. */
  start(): void {
    // Compressed rows lie in buffers that only a collection frees.
    if (this.#compression === 'none') this.#room.give();
    if (this.#isSlow) return;
    this.#hasThreads = true;
    this.#threads.start();
  }

  /**
   * Told how much there is to read at least: where it is much, loads the threads, and connects each of them. A connection
   * that is refused now is asked for again when there is something to read, and told then.
   *
   * @param copyBytes of `COPY` text, in all
   */
  expect(copyBytes: number, { id, adoptable }: Snapshot, signal: AbortSignal): void {
    const least = this.#hasThreads ? 1 : leastForThreads;
    if (this.#isConnecting || copyBytes < least) return;
    this.start();
    if (!this.#hasThreads) return;
    this.#isConnecting = true;
    if (adoptable) void this.#threads.runInAll({ kind: 'open', snapshotId: id }, signal).catch(() => {});
  }

  /**
   * Told all that there is to read. Where most of it is not shipped, because updates override rows that are looked for in what is stored,
   * the heap gets less room: what is known of a range outlives the young generation while its base waits for a thread, and is garbage then.
   */
  expectAll(plans: readonly TablePlan[], snapshot: Snapshot, signal: AbortSignal): void {
    const copyBytes = bytesToReadOf(plans);
    const shipped = bytesToShipOf(plans);
    this.#isSearch = copyBytes >= leastForThreads && shipped < copyBytes / 2;
    // What is looked through is in the store, and keeps to no rate.
    if (copyBytes - shipped >= leastForThreads) this.#isSlow = false;
    if (this.#isSearch) this.#room.giveSome();
    this.expect(copyBytes, snapshot, signal);
  }

  /** More sessions than that are of no use; Infinity where that depends on the workers. */
  get mostSessions(): number {
    return this.#hasThreads || this.#isSlow ? Infinity : mostSessionsHere;
  }

  /** Ends the sessions of this thread where others read: a role may have just so many connections as there are readers. */
  async makeRoom(): Promise<void> {
    if (this.#hasThreads) await this.sessions.close();
  }

  /** As `ThreadPool` runs it. */
  async run(
    job: ReadJob,
    signal?: AbortSignal,
    transfer: readonly ArrayBuffer[] = [],
    take?: (part: RowsPart) => Promise<void>,
  ): Promise<ReadResult> {
    if (this.#hasThreads) return this.#threads.run(job, signal, transfer, take);
    return this.#here.run(job, signal, take);
  }

  /** Gives memory back to the thread that it came from with rows. */
  handBack(memory: ArrayBuffer): boolean {
    return this.#threads.handBack(memory) || this.#here.handBack(memory);
  }

  /**
   * Ends threads and sessions once all was read. A goodbye is not waited for, but the end of the threads is where little was shipped of
   * much that was looked through: their memory is back before that of the manifest is taken.
   */
  async leave(): Promise<void> {
    const closing = this.close();
    if (this.#isSearch) await closing;
  }

  async close(): Promise<void> {
    await Promise.all([this.#threads.close(), this.#here.close()]);
    this.#room.release();
  }
}

export function openReaders({ settings, databaseUrl }: BackupInput, rate: SharedRate | undefined): Readers {
  const data = { databaseUrl: databaseUrl?.reveal(), rate };
  return new Readers(threadCount(settings.maxWorkers), data, settings.compression);
}
