import pMap from 'p-map';
import { passFaultPoint } from '../core/fault-points.ts';
import { ownMemory, releaseMemory } from '../core/release-memory.ts';
import { programModule } from '../core/program-files.ts';
import { ThreadPool } from '../core/threads/pool.ts';
import { computingThreads } from '../core/threads/thread-count.ts';
import { chunkNamed } from '../format/chunk-lookup.ts';
import type { ChunkEntry, ManifestTable, RangeEntry } from '../format/manifest.ts';
import { keyPositions, mergeKey } from '../format/merge-key.ts';
import { getChunk, putChunk, type ChunkNames } from '../repository/chunks.ts';
import { patchesOpenedBy } from '../repository/open-rows.ts';
import { patchesOf, type PatchRows } from '../repository/patch-rows.ts';
import type { StoredTable } from '../repository/range-rows.ts';
import type { CompactAnswer, CompactJob, MergedRows, RangeToMerge } from './compact-job.ts';
import type { CompactInput } from './compact-input.ts';
import { mostGrowth } from './plan-compaction.ts';

export interface CompactorParts {
  readonly input: CompactInput;
  readonly names: ChunkNames;
  readonly signal: AbortSignal;
  /** Called with each chunk that is durable. */
  readonly wrote: (chunk: ChunkEntry) => void;
}

/** Small chunks of one group are fetched so many at once; together they are no larger than one that is full. */
const requestsAtOnce = 8;

/** Puts ranges together: fetches their chunks, has threads open, merge and seal them, and stores the result. */
export class Compactor {
  readonly #parts: CompactorParts;
  readonly #pool: ThreadPool<CompactJob, CompactAnswer>;
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;
  readonly #patches: PatchRows;

  constructor(parts: CompactorParts) {
    this.#parts = parts;
    this.#signal = AbortSignal.any([parts.signal, this.#stop.signal]);
    const threads = computingThreads(parts.input.settings.maxWorkers);
    this.#pool = new ThreadPool(programModule('retention/compact-worker'), threads, undefined);
    this.#patches = patchesOpenedBy(this.#pool, parts.input.store, this.#signal);
  }

  /**
   * The stored chunk that holds all rows of neighbouring ranges; undefined where they turn out larger than was estimated,
   * and are to be left alone (law 9). When it fails, whatever else is under way stops: nothing may go on behind the back
   * of a failed run.
   */
  async merge(stored: StoredTable, ranges: readonly RangeEntry[]): Promise<ChunkEntry | undefined> {
    try {
      const { table } = stored;
      const collected = await this.#collect(stored, ranges);
      if (collected) return await this.#put(table, await this.#putTogether(table, collected));
      const { reporter } = this.#parts.input;
      reporter.log('debug', 'Ranges are larger than estimated, and left alone', { table: table.name });
      return undefined;
    } catch (error) {
      this.#stop.abort(error);
      throw error;
    }
  }

  async #collect(
    { table, chunks }: StoredTable,
    ranges: readonly RangeEntry[],
  ): Promise<RangeToMerge[] | undefined> {
    const entryOf = (number: number): ChunkEntry => chunkNamed(chunks, number);
    const texts: Uint8Array[][] = [];
    let bytes = ranges.reduce((sum, { base }) => sum + entryOf(base).copyBytes, 0);
    for (const range of ranges) {
      const slices: Uint8Array[] = [];
      for await (const text of this.#patches.rowsOf(patchesOf(range, table, chunks))) {
        slices.push(text);
        bytes += text.byteLength;
        if (bytes > mostGrowth * this.#parts.input.settings.chunkBytes) return undefined;
      }
      texts.push(slices);
    }
    return pMap(
      ranges,
      async ({ base, rows, digest }, index) => {
        const entry = entryOf(base);
        const body = await this.#get(entry);
        return { base: { entry, body }, patches: texts[index] ?? [], rows, digest };
      },
      { concurrency: requestsAtOnce },
    );
  }

  async #putTogether(table: ManifestTable, ranges: readonly RangeToMerge[]): Promise<MergedRows> {
    const job = {
      kind: 'merge',
      table: `${table.schema}.${table.name}`,
      columns: table.columns,
      key: keyPositions(table),
      mergeKey: mergeKey(table),
      compression: this.#parts.input.settings.compression,
      ranges,
    } as const;
    const bodies = ranges.map(({ base }) => base.body);
    return (await this.#run(job, bodies)) as MergedRows;
  }

  async #put(table: ManifestTable, { body, firstKey, lastKey, ...merged }: MergedRows): Promise<ChunkEntry> {
    const { input, names, wrote } = this.#parts;
    const { compression } = input.settings;
    const name = names.next(compression);
    const { rows, sha256, copyBytes, copySha256, digest } = merged;
    const facts = { rows, bytes: body.byteLength, sha256, copyBytes, copySha256, digest };
    const entry: ChunkEntry = { ...name, kind: 'base', ...facts, compression };
    const labels = {
      table: `${table.schema}.${table.name}`,
      firstKey: firstKey.join(','),
      lastKey: lastKey.join(','),
    };
    await putChunk(input.store, entry, body, labels, this.#signal);
    passFaultPoint('compact.chunk.stored');
    releaseMemory(body);
    input.reporter.log('debug', `Stored ${entry.key}`, {
      table: table.name,
      rows: entry.rows,
      bytes: entry.bytes,
    });
    wrote(entry);
    return entry;
  }

  #get(entry: ChunkEntry): Promise<Uint8Array> {
    return getChunk(this.#parts.input.store, entry, this.#signal);
  }

  #run(job: CompactJob, bodies: readonly Uint8Array[]): Promise<CompactAnswer> {
    return this.#pool.run(job, this.#signal, ownMemory(...bodies));
  }

  async close(): Promise<void> {
    await this.#pool.close();
  }
}
