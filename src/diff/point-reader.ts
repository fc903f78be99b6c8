import type { Entries } from '../format/entries.ts';
import { inOrder } from '../core/in-order.ts';
import type { ThreadPool } from '../core/threads/pool.ts';
import type { RangeEntry } from '../format/manifest.ts';
import { patchesOpenedBy } from '../repository/open-rows.ts';
import type { PatchRows } from '../repository/patch-rows.ts';
import { fetchRange, memoryOf, type StoredTable } from '../repository/range-rows.ts';
import type { Store } from '../store/store.ts';
import type { DiffJob } from './diff-job.ts';
import type { SegmentRows } from './diff-segment.ts';

/** Reads ranges of restore points: fetched here, opened and proved in threads. */
export class PointReader {
  readonly #store: Store;
  readonly #pool: ThreadPool<DiffJob, Uint8Array>;
  readonly #atOnce: number;
  readonly #signal: AbortSignal;
  readonly #patches: PatchRows;

  constructor(store: Store, pool: ThreadPool<DiffJob, Uint8Array>, maxWorkers: number, signal: AbortSignal) {
    this.#store = store;
    this.#pool = pool;
    this.#atOnce = maxWorkers;
    this.#signal = signal;
    this.#patches = patchesOpenedBy(pool, store, signal);
  }

  rowsOf(stored: StoredTable, ranges: Entries<RangeEntry>): SegmentRows {
    return {
      rows: ranges.reduce((sum, { rows }) => sum + rows, 0),
      bytes: ranges.reduce((sum, range) => sum + copyBytesOf(range, stored), 0),
      read: () => inOrder(ranges, this.#atOnce, (range) => this.#read(stored, range)),
    };
  }

  async #read(stored: StoredTable, range: RangeEntry): Promise<Uint8Array> {
    const fetched = await fetchRange(stored, range, this.#store, this.#patches, this.#signal);
    return this.#pool.run({ kind: 'range', range: fetched }, this.#signal, memoryOf(fetched));
  }
}

/** Of a patch chunk, which many ranges share, the part that its rows make. */
function copyBytesOf({ base, patches }: RangeEntry, { chunks }: StoredTable): number {
  const patched = patches.reduce((sum, { chunk, rows }) => {
    const entry = chunks.get(chunk);
    return sum + (entry ? Math.ceil((entry.copyBytes * rows) / Math.max(entry.rows, 1)) : 0);
  }, 0);
  return (chunks.get(base)?.copyBytes ?? 0) + patched;
}
