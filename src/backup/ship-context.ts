import type { Reporter } from '../core/events.ts';
import { passFaultPoint } from '../core/fault-points.ts';
import { BackupError, messageOf } from '../core/errors.ts';
import type { SharedRate } from '../core/rate-limit.ts';
import { releaseWithRoom } from '../core/release-memory.ts';
import { retry } from '../core/retry.ts';
import { removeTemporaryFile, type TemporaryFolder } from '../core/temporary-files.ts';
import type { Compression } from '../format/columns.ts';
import type { ChunkEntry, ChunkKind } from '../format/manifest.ts';
import type { Session } from '../postgres/session.ts';
import type { Snapshot } from '../postgres/snapshot.ts';
import { putChunk, type ChunkContent, type ChunkLabels, type ChunkNames } from '../repository/chunks.ts';
import type { CheckpointWriter } from '../repository/checkpoint.ts';
import type { Store } from '../store/store.ts';
import { PatchKeys } from './patch-keys.ts';
import { ReadPace } from './portions/read-pace.ts';
import type { ProgressCounter } from './progress-counter.ts';
import type {
  DigestKeysJob,
  DigestKeysResult,
  FindRowsJob,
  FindRowsResult,
  ReadJob,
  ReadResult,
  ReadRowsJob,
  RowsPart,
  RowsResult,
  SealedRows,
} from './read-job.ts';
import { readRows } from './read-rows.ts';
import type { Readers } from './readers.ts';
import { requireSnapshot } from './require-snapshot.ts';
import { RowBuffer } from './row-buffer.ts';
import type { TableShipment } from './shipment.ts';
import { givenUp, isConnectionLoss } from './try-again.ts';
import type { WorkerLimit } from './workers/worker-limit.ts';

/** So often all readers of a snapshot are refused before they are done without. */
const mostRefusals = 4;

function isRefused(error: unknown): boolean {
  return error instanceof BackupError && error.code === 'E_DB_CONNECTION_LIMIT';
}

/** How rows become chunks. */
export interface ShipSettings {
  readonly compression: Compression;
  /** Bytes of `COPY` text that close a chunk. */
  readonly chunkBytes: number;
}

export interface ShipParts {
  readonly settings: ShipSettings;
  readonly snapshot: Snapshot;
  /** Resolves when no crash of the source takes back what the snapshot shows. */
  readonly durable: Promise<void>;
  /** The session that holds the snapshot. */
  readonly leader: Session;
  readonly pool: Readers;
  readonly workers: WorkerLimit;
  readonly store: Store;
  readonly checkpoint: CheckpointWriter;
  readonly names: ChunkNames;
  /** What all readers together may read. */
  readonly rate: SharedRate | undefined;
  readonly temporaryFolder: TemporaryFolder;
  readonly reporter: Reporter;
  readonly progress: ProgressCounter;
  readonly signal: AbortSignal;
}

/** A job without what is the same for all jobs of the run. */
export interface RowsRequest extends Pick<ReadRowsJob, 'sql' | 'inPortions' | 'key' | 'slices' | 'cuts'> {
  /** What is read of the table, for messages: `rows up to (1000)`. */
  readonly rowsOf: string;
}

/** How the chunks of a read are taken. */
export interface Reading {
  /** What is to be read; asked again where a connection broke, and then of what was not taken yet. */
  request(): RowsRequest;
  /** Takes a chunk that more chunks follow, or more rows, and resolves when the next one may come. */
  take(part: RowsPart): Promise<void>;
}

/** A sealed chunk with its name, on its way to the store. */
export interface Upload {
  readonly entry: ChunkEntry;
  readonly content: ChunkContent;
  readonly labels: ChunkLabels;
}

/** The shared means of shipping: reader threads, chunk names, store. */
export class ShipContext {
  readonly parts: ShipParts;
  readonly patchKeys = new PatchKeys();
  readonly #buffer = new RowBuffer();
  readonly #pace: ReadPace | undefined;
  /** Whether a reader has had a connection. */
  #hadReader = false;
  #refusals = 0;

  constructor(parts: ShipParts) {
    this.parts = parts;
    this.#pace = parts.rate && new ReadPace(parts.rate);
  }

  get snapshotXmin(): string {
    return this.parts.snapshot.facts.xmin;
  }

  /** Whether fingerprints may be asked for while rows are read: the session that holds the snapshot is free then. */
  get mayScanMeanwhile(): boolean {
    return this.parts.snapshot.adoptable;
  }

  /**
   * Reads rows in a reader thread, with another connection when one breaks; the snapshot stays the same. A snapshot
   * that must not be adopted is read by the session that holds it.
   *
   * @returns the last chunk, where one follows those that `reading` took
   */
  async readRows(shipment: TableShipment, reading: Reading): Promise<RowsPart | null> {
    const { signal, snapshot, leader, workers } = this.parts;
    const take = (part: RowsPart) => reading.take(part);
    return workers.read(async () => {
      if (!snapshot.adoptable) {
        const job = this.#jobOf(shipment, reading);
        return lastOf(await readRows(leader, job, this.#buffer, take, this.#pace), take);
      }
      const read = retry(async () => this.#readOnce(this.#jobOf(shipment, reading), take), {
        signal,
        onRetry: (error) => this.#connectionLost(shipment, error),
      });
      return read.catch((error: unknown) => this.#doWithoutReaders(error));
    });
  }

  #jobOf(shipment: TableShipment, reading: Reading): ReadRowsJob {
    const { snapshot, settings, temporaryFolder } = this.parts;
    const { schema, name, columns } = shipment.plan.definition;
    const { rowsOf, ...request } = reading.request();
    return {
      ...request,
      kind: 'read',
      snapshotId: snapshot.id,
      doing: `reading ${schema}.${name}, ${rowsOf}`,
      columns,
      chunkBytes: settings.chunkBytes,
      compression: settings.compression,
      temporaryFolder,
    };
  }

  /** Another connection is of use only while the snapshot is held. */
  async #readOnce(job: ReadRowsJob, take: Reading['take']): Promise<RowsPart | null> {
    const { pool, signal, leader } = this.parts;
    try {
      const result = (await pool.run(job, signal, [], take)) as RowsResult;
      this.#hadReader = true;
      return await lastOf(result, take);
    } catch (error) {
      signal.throwIfAborted();
      if (isConnectionLoss(error)) await requireSnapshot(leader);
      throw isRefused(error) && this.#isHopeless() ? givenUp(error) : error;
    }
  }

  /** Whether no reader is likely to get a connection, where one was refused. */
  #isHopeless(): boolean {
    this.#refusals += 1;
    return !this.#hadReader && this.#refusals >= mostRefusals;
  }

  /** Where no reader got a connection, the session that holds the next snapshot reads alone. */
  #doWithoutReaders(error: unknown): never {
    const { workers, reporter } = this.parts;
    if (isRefused(error) && !workers.isAlone) {
      workers.readAlone();
      reporter.log('warn', 'The server has no connection left for readers: reading over the only one');
    }
    throw error;
  }

  /** Keys and digests of the rows of a patch chunk. */
  async digestKeys(job: Omit<DigestKeysJob, 'kind'>): Promise<DigestKeysResult> {
    return (await this.#compute({ ...job, kind: 'digest keys' }, job.chunk.body)) as DigestKeysResult;
  }

  async findRows(job: Omit<FindRowsJob, 'kind'>): Promise<FindRowsResult> {
    return (await this.#compute({ ...job, kind: 'find rows' }, job.chunk.body)) as FindRowsResult;
  }

  async #compute(job: ReadJob, body: Uint8Array): Promise<ReadResult> {
    const { pool, signal } = this.parts;
    return pool.run(job, signal, pool.lent.memoryOf(body));
  }

  #connectionLost(shipment: TableShipment, error: unknown): void {
    this.parts.progress.retried();
    const message = `Failed to get ${shipment.plan.definition.name} chunk: connection error`;
    this.parts.reporter.log('error', message, { reason: messageOf(error) });
  }

  /** Names a sealed chunk. */
  name(shipment: TableShipment, kind: ChunkKind, sealed: SealedRows): Upload {
    const { names, settings } = this.parts;
    const { content, firstKey, lastKey, ...facts } = sealed;
    const { compression } = settings;
    const entry: ChunkEntry = { ...names.next(compression), kind, ...facts, compression };
    const { schema, name } = shipment.plan.definition;
    const labels = {
      table: `${schema}.${name}`,
      firstKey: firstKey.join(','),
      lastKey: lastKey.join(','),
    };
    return { entry, content, labels };
  }

  /** Stores a chunk durably and counts it. */
  async put(shipment: TableShipment, { entry, content, labels }: Upload): Promise<void> {
    const { store, signal, reporter, progress } = this.parts;
    passFaultPoint('backup.chunk.announced');
    await putChunk(store, entry, content, labels, signal);
    passFaultPoint('backup.chunk.stored');
    await this.letGo(content);
    shipment.wrote(entry);
    progress.shipped(entry);
    const { kind, rows, bytes } = entry;
    reporter.log('debug', `Stored ${entry.key}`, { table: shipment.plan.definition.name, kind, rows, bytes });
  }

  /** Frees what holds a chunk that was stored, or that nobody needs: its thread uses the memory again. */
  async letGo(content: ChunkContent): Promise<void> {
    if ('path' in content) await removeTemporaryFile(content.path);
    else if (!this.parts.pool.handBack(content.buffer)) releaseWithRoom(content);
  }
}

/** The last chunk, once those before it were taken. */
async function lastOf({ before, last }: RowsResult, take: Reading['take']): Promise<RowsPart | null> {
  for (const part of before) await take(part);
  return last;
}
