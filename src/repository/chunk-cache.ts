import type { ChunkEntry } from '../format/manifest.ts';
import type { Store } from '../store/store.ts';
import { getChunk } from './chunks.ts';

/** Patch chunks hold rows of many ranges: the few used last are kept, so that each is fetched about once (law 9). */
export class ChunkCache {
  readonly #store: Store;
  readonly #signal: AbortSignal;
  readonly #most: number;
  readonly #bodies = new Map<string, Promise<Uint8Array>>();

  /** @param most bodies kept at once */
  constructor(store: Store, most: number, signal: AbortSignal) {
    this.#store = store;
    this.#most = most;
    this.#signal = signal;
  }

  async get(entry: ChunkEntry): Promise<Uint8Array> {
    const body = this.#bodies.get(entry.key) ?? getChunk(this.#store, entry, this.#signal);
    // The one used last is the last one.
    this.#bodies.delete(entry.key);
    this.#bodies.set(entry.key, body);
    const [oldest] = this.#bodies.keys();
    if (this.#bodies.size > this.#most && oldest !== undefined) this.#bodies.delete(oldest);
    return body;
  }
}
