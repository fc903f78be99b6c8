import { BackupError } from '../core/errors.ts';
import { isRetryable, retry, type RetryOptions } from '../core/retry.ts';
import type { GetOptions, ListOptions, PutOptions, Store, StoredObject, UnfinishedUpload } from './store.ts';

export type StoreRetryOptions = Omit<RetryOptions, 'signal'>;

/**
 * Tries again what failed with a retryable error. All operations are idempotent but two: a conditional `put`, whose
 * lost response is told from a foreign object by comparing bytes, and `putStream`, whose parts can be read once
 * only and which therefore is not tried again as a whole.
 */
export function withRetry(inner: Store, options: StoreRetryOptions = {}): Store {
  const again = <T>(operation: () => Promise<T>, signal?: AbortSignal): Promise<T> =>
    retry(operation, { ...options, signal });
  return {
    url: inner.url,
    objectKey: (key) => inner.objectKey(key),
    honoursConditions: (signal) => inner.honoursConditions(signal),
    capabilities: (signal) => again(() => inner.capabilities(signal), signal),
    prepare: (signal) => again(() => inner.prepare(signal), signal),
    put: (key, body, put) => putAgain(inner, options, { key, body, put: put ?? {} }),
    putStream: (key, parts, put) => inner.putStream(key, parts, put),
    get: (key, get) => again(() => inner.get(key, get), get?.signal),
    getStream: (key, get) => resumedStream(inner, options, key, get ?? {}),
    head: (key, signal) => again(() => inner.head(key, signal), signal),
    list: (prefix, list) => resumedList(inner, options, prefix, list ?? {}),
    delete: (keys, signal) => again(() => inner.delete(keys, signal), signal),
    listUploads: (signal) => repeatedUploads(inner, options, signal),
    abortUpload: (upload, signal) => again(() => inner.abortUpload(upload, signal), signal),
    deletion: (signal) => again(() => inner.deletion(signal), signal),
    service: () => inner.service(),
    close: () => inner.close(),
  };
}

interface PutRequest {
  readonly key: string;
  readonly body: Uint8Array;
  readonly put: PutOptions;
}

/** A put whose response was lost may have succeeded: the condition then meets our own object (law 5 stays kept). */
async function putAgain(
  inner: Store,
  options: StoreRetryOptions,
  { key, body, put }: PutRequest,
): Promise<StoredObject> {
  let mayHaveSucceeded = false;
  const attempt = async (): Promise<StoredObject> => {
    try {
      return await inner.put(key, body, put);
    } catch (error) {
      const refused = error instanceof BackupError && error.code === 'E_STORE_OBJECT_EXISTS';
      const own = refused && mayHaveSucceeded ? await findOwn(inner, { key, body, put }) : undefined;
      if (own !== undefined) return own;
      if (isRetryable(error)) mayHaveSucceeded = true;
      throw error;
    }
  };
  return retry(attempt, { ...options, signal: put.signal });
}

async function findOwn(inner: Store, { key, body, put }: PutRequest): Promise<StoredObject | undefined> {
  const facts = await inner.head(key, put.signal);
  if (facts === undefined || facts.bytes !== body.length) return undefined;
  const present = await inner.get(key, { signal: put.signal });
  if (Buffer.compare(present, body) !== 0) return undefined;
  const { metadata: _metadata, sha256: _sha256, ...stored } = facts;
  return stored;
}

/** Goes on at the byte reached, which immutable objects allow (law 5). */
function resumedStream(
  inner: Store,
  options: StoreRetryOptions,
  key: string,
  get: GetOptions,
): AsyncIterable<Uint8Array> {
  const first = get.range?.first ?? 0;
  const end = first + (get.range?.length ?? Number.MAX_SAFE_INTEGER - first);
  let received = 0;
  const open = (): AsyncIterable<Uint8Array> => {
    if (received === 0) return inner.getStream(key, get);
    const rest = { first: first + received, length: end - first - received };
    return rest.length === 0 ? nothing() : inner.getStream(key, { ...get, range: rest });
  };
  const note = (piece: Uint8Array): void => void (received += piece.length);
  return resumed(open, note, { ...options, signal: get.signal });
}

async function* nothing(): AsyncIterable<never> {}

/** Goes on after the last key seen. */
function resumedList(
  inner: Store,
  options: StoreRetryOptions,
  prefix: string,
  list: ListOptions,
): AsyncIterable<StoredObject> {
  let last = list.startAfter;
  const open = (): AsyncIterable<StoredObject> =>
    inner.list(prefix, last === undefined ? list : { ...list, startAfter: last });
  const note = (object: StoredObject): void => void (last = object.key);
  return resumed(open, note, { ...options, signal: list.signal });
}

/** Begins anew, and leaves out what was given already: such a listing has no place to go on from. */
function repeatedUploads(
  inner: Store,
  options: StoreRetryOptions,
  signal: AbortSignal | undefined,
): AsyncIterable<UnfinishedUpload> {
  const given = new Set<string>();
  const open = async function* (): AsyncIterable<UnfinishedUpload> {
    for await (const upload of inner.listUploads(signal)) if (!given.has(upload.id)) yield upload;
  };
  return resumed(open, ({ id }) => void given.add(id), { ...options, signal });
}

/** The pieces of what `open` yields, opened again where it broke off; `note` records how far they came. */
async function* resumed<T>(
  open: () => AsyncIterable<T>,
  note: (piece: T) => void,
  options: RetryOptions,
): AsyncIterable<T> {
  let iterator: AsyncIterator<T> | undefined;
  let begun = false;
  const next = async (): Promise<IteratorResult<T>> => {
    iterator ??= open()[Symbol.asyncIterator]();
    try {
      return await iterator.next();
    } catch (error) {
      iterator = undefined;
      throw begun ? resumable(error) : error;
    }
  };
  try {
    for (;;) {
      const step = await retry(next, options);
      if (step.done === true) return;
      begun = true;
      note(step.value);
      yield step.value;
    }
  } finally {
    await iterator?.return?.();
  }
}

/** Of bytes that proved wrong some were handed out already: to go on behind them would pass them for right. */
function resumable(error: unknown): unknown {
  if (!(error instanceof BackupError) || error.code !== 'E_STORE_CORRUPT_TRANSFER') return error;
  return new BackupError(error.code, error.message, { hint: error.hint, cause: error.cause });
}
