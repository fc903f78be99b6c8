import pLimit, { type LimitFunction } from 'p-limit';
import type { Store } from './store.ts';

/**
 * At most `concurrency` operations in progress. Of a stream only the wait for its next piece counts as an
 * operation, so that a caller who works on a piece, with further operations even, can never block himself.
 */
export function withLimit(inner: Store, concurrency: number): Store {
  const limit = pLimit(concurrency);
  return {
    url: inner.url,
    objectKey: (key) => inner.objectKey(key),
    capabilities: (signal) => inner.capabilities(signal),
    prepare: (signal) => limit(() => inner.prepare(signal)),
    put: (key, body, options) => limit(() => inner.put(key, body, options)),
    putStream: (key, parts, options) => limit(() => inner.putStream(key, parts, options)),
    get: (key, options) => limit(() => inner.get(key, options)),
    getStream: (key, options) => limited(limit, inner.getStream(key, options)),
    head: (key, signal) => limit(() => inner.head(key, signal)),
    list: (prefix, options) => limited(limit, inner.list(prefix, options)),
    delete: (keys, signal) => limit(() => inner.delete(keys, signal)),
    listUploads: (signal) => limited(limit, inner.listUploads(signal)),
    abortUpload: (upload, signal) => limit(() => inner.abortUpload(upload, signal)),
    deletion: (signal) => limit(() => inner.deletion(signal)),
    close: () => inner.close(),
  };
}

async function* limited<T>(limit: LimitFunction, pieces: AsyncIterable<T>): AsyncIterable<T> {
  const iterator = pieces[Symbol.asyncIterator]();
  try {
    for (;;) {
      const step = await limit(() => iterator.next());
      if (step.done === true) return;
      yield step.value;
    }
  } finally {
    await iterator.return?.();
  }
}
