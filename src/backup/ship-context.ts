import pLimit, { type LimitFunction } from 'p-limit';
import type { Reporter } from '../core/events.ts';
import { messageOf } from '../core/errors.ts';
import { ownMemory, releaseMemory } from '../core/release-memory.ts';
import { retry } from '../core/retry.ts';
import type { ThreadPool } from '../core/threads/pool.ts';
import type { Compression } from '../format/columns.ts';
import type { ChunkEntry, ChunkKind } from '../format/manifest.ts';
import type { Session } from '../postgres/session.ts';
import type { Snapshot } from '../postgres/snapshot.ts';
import { putChunk, type ChunkLabels, type ChunkNames } from '../repository/chunks.ts';
import type { Store } from '../store/store.ts';
import type { ProgressCounter } from './progress-counter.ts';
import type {
  MergeJob,
  MergeResult,
  ReadJob,
  ReadResult,
  ReadRowsJob,
  RowsResult,
  SealedRows,
} from './read-job.ts';
import { readRows } from './read-rows.ts';
import { requireSnapshot } from './require-snapshot.ts';
import { RowBuffer } from './row-buffer.ts';
import type { TableShipment } from './shipment.ts';
import { isConnectionLoss } from './try-again.ts';

/** How rows become chunks. */
export interface ShipSettings {
  readonly compression: Compression;
  /** Bytes of `COPY` text that close a chunk. */
  readonly chunkBytes: number;
  /** Rows of a chunk; a patch chunk has no more either. */
  readonly chunkSize: number;
  /** Connections that read at once. */
  readonly maxWorkers: number;
}

export interface ShipParts {
  readonly settings: ShipSettings;
  readonly snapshot: Snapshot;
  /** The session that holds the snapshot. */
  readonly leader: Session;
  readonly pool: ThreadPool<ReadJob, ReadResult>;
  readonly store: Store;
  readonly names: ChunkNames;
  readonly reporter: Reporter;
  readonly progress: ProgressCounter;
  readonly signal: AbortSignal;
}

/** A job without what is the same for all jobs of the run. */
export type RowsRequest = Omit<ReadRowsJob, 'kind' | 'table' | 'snapshotId' | 'compression'>;

/** A sealed chunk with its name, on its way to the store. */
export interface Upload {
  readonly entry: ChunkEntry;
  readonly body: Uint8Array;
  readonly labels: ChunkLabels;
}

/** The shared means of shipping: reader threads, chunk names, store. */
export class ShipContext {
  readonly parts: ShipParts;
  readonly #reading: LimitFunction;
  readonly #buffer = new RowBuffer();

  constructor(parts: ShipParts) {
    this.parts = parts;
    this.#reading = pLimit(parts.snapshot.adoptable ? parts.settings.maxWorkers : 1);
  }

  get snapshotXmin(): string {
    return this.parts.snapshot.facts.xmin;
  }

  /**
   * Reads rows in a reader thread, with another connection when one breaks; the snapshot stays the same. A snapshot
   * that must not be adopted is read by the session that holds it.
   */
  async readRows(shipment: TableShipment, request: RowsRequest): Promise<RowsResult> {
    const { signal, snapshot, settings, leader } = this.parts;
    const { schema, name } = shipment.plan.definition;
    const job: ReadRowsJob = {
      ...request,
      kind: 'read',
      table: `${schema}.${name}`,
      snapshotId: snapshot.id,
      compression: settings.compression,
    };
    return this.#reading(async () => {
      if (!snapshot.adoptable) return readRows(leader, job, this.#buffer);
      return retry(async () => this.#readOnce(job), {
        signal,
        onRetry: (error) => this.#connectionLost(shipment, error),
      });
    });
  }

  /** Another connection is of use only while the snapshot is held. */
  async #readOnce(job: ReadRowsJob): Promise<RowsResult> {
    const { pool, signal, leader } = this.parts;
    try {
      return (await pool.run(job, signal)) as RowsResult;
    } catch (error) {
      signal.throwIfAborted();
      if (isConnectionLoss(error)) await requireSnapshot(leader);
      throw error;
    }
  }

  async merge(job: MergeJob): Promise<MergeResult> {
    const moved = ownMemory(job.base.body);
    return (await this.parts.pool.run(job, this.parts.signal, moved)) as MergeResult;
  }

  #connectionLost(shipment: TableShipment, error: unknown): void {
    this.parts.progress.retried();
    const message = `Failed to get ${shipment.plan.definition.name} chunk: connection error`;
    this.parts.reporter.log('error', message, { reason: messageOf(error) });
  }

  /** Names a sealed chunk. */
  name(shipment: TableShipment, kind: ChunkKind, sealed: SealedRows): Upload {
    const { names, settings } = this.parts;
    const { body, firstKey, lastKey, ...facts } = sealed;
    const { compression } = settings;
    const entry: ChunkEntry = {
      ...names.next(compression),
      kind,
      ...facts,
      bytes: body.byteLength,
      compression,
    };
    const { schema, name } = shipment.plan.definition;
    const labels = {
      table: `${schema}.${name}`,
      firstKey: firstKey.join(','),
      lastKey: lastKey.join(','),
    };
    return { entry, body, labels };
  }

  /** Stores a chunk durably and counts it. */
  async put(shipment: TableShipment, { entry, body, labels }: Upload): Promise<void> {
    const { store, signal, reporter, progress } = this.parts;
    await putChunk(store, entry, body, labels, signal);
    releaseMemory(body);
    shipment.wrote(entry);
    progress.shipped(entry);
    const { kind, rows, bytes } = entry;
    reporter.log('debug', `Stored ${entry.key}`, { table: shipment.plan.definition.name, kind, rows, bytes });
  }
}
