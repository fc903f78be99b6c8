import type { Store } from './store.ts';

export interface StoreStatistics {
  /** Operations begun, each try counted; a listing or a stream is one. */
  readonly requests: number;
  /** Tries that failed and were followed by another. */
  readonly retries: number;
  /** Those of them that the store answered with the wish for fewer requests. */
  readonly throttled: number;
  /** Bytes of bodies the store has confirmed. */
  readonly bytesUploaded: number;
  readonly bytesDownloaded: number;
}

/** A store that counts what it does. */
export interface MeasuredStore extends Store {
  /** The counts so far. */
  statistics(): StoreStatistics;
}

/** Counts operations and bytes of `inner`; retries are counted where they are made, in `openStore`. */
export function withMeasure(inner: Store): MeasuredStore {
  const counts = { requests: 0, retries: 0, throttled: 0, bytesUploaded: 0, bytesDownloaded: 0 };
  const counted = <T>(operation: () => T): T => {
    counts.requests += 1;
    return operation();
  };
  const uploaded = async <T extends { readonly bytes: number }>(put: () => Promise<T>): Promise<T> => {
    const stored = await counted(put);
    counts.bytesUploaded += stored.bytes;
    return stored;
  };
  const downloaded = (piece: Uint8Array): Uint8Array => {
    counts.bytesDownloaded += piece.length;
    return piece;
  };
  return {
    url: inner.url,
    objectKey: (key) => inner.objectKey(key),
    honoursConditions: (signal) => inner.honoursConditions(signal),
    capabilities: (signal) => inner.capabilities(signal),
    prepare: (signal) => counted(() => inner.prepare(signal)),
    put: (key, body, options) => uploaded(() => inner.put(key, body, options)),
    putStream: (key, parts, options) => uploaded(() => inner.putStream(key, parts, options)),
    get: async (key, options) => downloaded(await counted(() => inner.get(key, options))),
    getStream: async function* (key, options) {
      const pieces = counted(() => inner.getStream(key, options));
      for await (const piece of pieces) yield downloaded(piece);
    },
    head: (key, signal) => counted(() => inner.head(key, signal)),
    list: (prefix, options) => counted(() => inner.list(prefix, options)),
    delete: (keys, signal) => counted(() => inner.delete(keys, signal)),
    listUploads: (signal) => counted(() => inner.listUploads(signal)),
    abortUpload: (upload, signal) => counted(() => inner.abortUpload(upload, signal)),
    deletion: (signal) => counted(() => inner.deletion(signal)),
    service: () => inner.service(),
    close: () => inner.close(),
    statistics: () => ({ ...counts }),
  };
}
