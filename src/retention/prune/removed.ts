import type { Reporter } from '../../core/events.ts';
import { passFaultPoint } from '../../core/fault-points.ts';
import type { RefusedDeletion, Store, StoredObject } from '../../store/store.ts';

type Kind = 'manifest' | 'chunk' | 'other';
type Sized = Pick<StoredObject, 'key' | 'bytes'>;

/** Objects of one request. */
const batchSize = 1000;

/** Deletes, and keeps count of what went and of what the store would not let go. */
export class Removed {
  readonly counts: Record<Kind, number> = { manifest: 0, chunk: 0, other: 0 };
  readonly refused: RefusedDeletion[] = [];
  bytes = 0;
  readonly #store: Store;
  readonly #reporter: Reporter;
  readonly #isDryRun: boolean;
  #waiting: (Sized & { readonly kind: Kind })[] = [];

  constructor(store: Store, reporter: Reporter, isDryRun: boolean) {
    this.#store = store;
    this.#reporter = reporter;
    this.#isDryRun = isDryRun;
  }

  /** Deletes the object with others, soon. */
  async add(kind: Kind, object: Sized, signal: AbortSignal): Promise<void> {
    this.#waiting.push({ key: object.key, bytes: object.bytes, kind });
    if (this.#waiting.length >= batchSize) await this.flush(signal);
  }

  async flush(signal: AbortSignal): Promise<void> {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const kind of ['manifest', 'chunk', 'other'] as const) {
      const those = waiting.filter((object) => object.kind === kind);
      if (those.length > 0) await this.delete(kind, those, signal);
    }
  }

  async delete(kind: Kind, objects: readonly Sized[], signal: AbortSignal): Promise<void> {
    const keys = objects.map(({ key }) => key);
    const refused = this.#isDryRun ? [] : await this.#store.delete(keys, signal);
    if (kind !== 'manifest') passFaultPoint('prune.objects.removed');
    const kept = new Set(refused.map(({ key }) => key));
    this.refused.push(...refused);
    for (const { key, bytes } of objects) {
      if (kept.has(key)) continue;
      this.counts[kind] += 1;
      this.bytes += bytes;
      if (!this.#isDryRun) this.#reporter.log('debug', `Removed ${key}`, { bytes });
    }
    this.#reporter.progress({
      phase: 'pruning',
      rows: 0,
      totalRows: 0,
      chunks: this.counts.chunk,
      bytes: this.bytes,
    });
  }
}
