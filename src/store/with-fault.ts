import { BackupError } from '../core/errors.ts';
import type { Store } from './store.ts';

const faultPattern = /^slow-down:([2-9]|[1-9]\d{1,5})$/;

/**
 * What a throttled store does, on purpose: with `STORYDREDGE_STORE_FAULT=slow-down:5` each fifth operation on an object is
 * refused with the wish for fewer requests, and not passed on to `inner`. Without the variable nothing lies between.
 *
 * @param fault the value of the variable
 */
export function withFault(inner: Store, fault: string | undefined): Store {
  if (fault === undefined || fault === '') return inner;
  const every = Number(faultPattern.exec(fault)?.[1]);
  if (!(every > 0)) {
    throw new BackupError('E_USAGE', `STORYDREDGE_STORE_FAULT is ${JSON.stringify(fault)}`, {
      hint: 'It is for exercises: slow-down:N, with N of 2 or more. Unset it.',
    });
  }
  let operations = 0;
  const pass = async <T>(operation: () => Promise<T>): Promise<T> => {
    operations += 1;
    if (operations % every > 0) return operation();
    throw new BackupError('E_STORE_UNREACHABLE', 'The store asks for fewer requests (a fault on purpose).', {
      retryable: true,
      throttled: true,
    });
  };
  return {
    url: inner.url,
    objectKey: (key) => inner.objectKey(key),
    capabilities: (signal) => inner.capabilities(signal),
    honoursConditions: (signal) => inner.honoursConditions(signal),
    prepare: (signal) => pass(() => inner.prepare(signal)),
    put: (key, body, options) => pass(() => inner.put(key, body, options)),
    putStream: (key, parts, options) => inner.putStream(key, parts, options),
    get: (key, options) => pass(() => inner.get(key, options)),
    getStream: (key, options) => inner.getStream(key, options),
    head: (key, signal) => pass(() => inner.head(key, signal)),
    list: (prefix, options) => inner.list(prefix, options),
    delete: (keys, signal) => pass(() => inner.delete(keys, signal)),
    listUploads: (signal) => inner.listUploads(signal),
    abortUpload: (upload, signal) => inner.abortUpload(upload, signal),
    deletion: (signal) => inner.deletion(signal),
    service: () => inner.service(),
    close: () => inner.close(),
  };
}
