import pLimit from 'p-limit';
import { leaseKey } from '../format/keys.ts';
import type { Store } from './store.ts';
import { YieldingLimit } from './yielding-limit.ts';

/** A smaller body passes beside those that yield, and so does all that a lease is renewed by: it must be, whatever else waits. */
const smallBytes = 64 * 1024;

/**
 * At most `concurrency` operations in progress, and fewer while the store asks for fewer requests. Of a stream only the
 * wait for its next piece counts as an operation, so that a caller who works on a piece, with further operations even,
 * can never block himself.
 */
export function withLimit(inner: Store, concurrency: number): Store {
  const all = pLimit(concurrency);
  const yielding = new YieldingLimit(concurrency);
  const limit: Limit = (operation) => yielding.run(() => all(operation));
  const limitOf = (key: string): Limit => (key === leaseKey ? all : limit);
  return {
    url: inner.url,
    objectKey: (key) => inner.objectKey(key),
    honoursConditions: (signal) => inner.honoursConditions(signal),
    capabilities: (signal) => inner.capabilities(signal),
    prepare: (signal) => limit(() => inner.prepare(signal)),
    put: (key, body, options) => {
      const put = () => inner.put(key, body, options);
      return body.length < smallBytes ? all(put) : limit(put);
    },
    putStream: (key, parts, options) => limit(() => inner.putStream(key, parts, options)),
    get: (key, options) => limitOf(key)(() => inner.get(key, options)),
    getStream: (key, options) => limited(limit, inner.getStream(key, options)),
    head: (key, signal) => limitOf(key)(() => inner.head(key, signal)),
    list: (prefix, options) => limited(limit, inner.list(prefix, options)),
    delete: (keys, signal) => limit(() => inner.delete(keys, signal)),
    listUploads: (signal) => limited(limit, inner.listUploads(signal)),
    abortUpload: (upload, signal) => limit(() => inner.abortUpload(upload, signal)),
    deletion: (signal) => limit(() => inner.deletion(signal)),
    service: () => inner.service(),
    close: () => inner.close(),
  };
}

type Limit = <T>(operation: () => Promise<T>) => Promise<T>;

async function* limited<T>(limit: Limit, pieces: AsyncIterable<T>): AsyncIterable<T> {
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
