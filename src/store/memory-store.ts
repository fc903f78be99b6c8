import { createHash } from 'node:crypto';
import { checkByteRange, endOfRange } from './byte-range.ts';
import { checkObjectKey } from './object-key.ts';
import { objectChanged, objectExists, objectMissing } from './store-errors.ts';
import type {
  DeletionFacts,
  GetOptions,
  ListOptions,
  ObjectFacts,
  PutOptions,
  ServiceFacts,
  Store,
  StoreCapabilities,
  StoredObject,
} from './store.ts';

interface Entry {
  readonly facts: ObjectFacts;
  readonly body: Uint8Array;
}

/** A store that lives as long as the process: the contract in its plainest form, and quick for tests. */
export class MemoryStore implements Store {
  readonly url: string;
  readonly #entries = new Map<string, Entry>();

  constructor(url = 'memory://store') {
    this.url = url;
  }

  objectKey(key: string): string {
    return key;
  }

  async capabilities(): Promise<StoreCapabilities> {
    return { conditionalPut: true, checksUploads: true, storedSha256: true, storedMetadata: true };
  }

  async honoursConditions(): Promise<boolean> {
    return true;
  }

  async prepare(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
  }

  async put(key: string, body: Uint8Array, options: PutOptions = {}): Promise<StoredObject> {
    checkObjectKey(key);
    options.signal?.throwIfAborted();
    const present = this.#entries.get(key);
    if (options.ifAbsent === true && present !== undefined) throw objectExists(key);
    if (options.ifMatch !== undefined) {
      if (present === undefined) throw objectMissing(key);
      if (present.facts.etag !== options.ifMatch) throw objectChanged(key);
    }
    const stored = { key, bytes: body.length, lastModified: new Date(), etag: `"${crypto.randomUUID()}"` };
    const sha256 = createHash('sha256').update(body).digest('hex');
    const facts = { ...stored, metadata: { ...options.metadata }, sha256 };
    this.#entries.set(key, { facts, body: Uint8Array.from(body) });
    return stored;
  }

  async putStream(
    key: string,
    parts: AsyncIterable<Uint8Array>,
    options: PutOptions = {},
  ): Promise<StoredObject> {
    checkObjectKey(key);
    const received: Uint8Array[] = [];
    for await (const part of parts) {
      options.signal?.throwIfAborted();
      received.push(Uint8Array.from(part));
    }
    return this.put(key, Buffer.concat(received), options);
  }

  async get(key: string, options: GetOptions = {}): Promise<Uint8Array> {
    checkObjectKey(key);
    checkByteRange(options.range);
    options.signal?.throwIfAborted();
    const entry = this.#entries.get(key);
    if (entry === undefined) throw objectMissing(key);
    const { range, most = Infinity } = options;
    const first = range?.first ?? 0;
    return entry.body.slice(first, Math.min(endOfRange(range, entry.body.length), first + most + 1));
  }

  async *getStream(key: string, options: GetOptions = {}): AsyncIterable<Uint8Array> {
    const body = await this.get(key, options);
    if (body.length > 0) yield body;
  }

  async head(key: string, signal?: AbortSignal): Promise<ObjectFacts | undefined> {
    checkObjectKey(key);
    signal?.throwIfAborted();
    return this.#entries.get(key)?.facts;
  }

  async *list(prefix: string, options: ListOptions = {}): AsyncIterable<StoredObject> {
    const after = options.startAfter ?? '';
    const keys = [...this.#entries.keys()].filter((key) => key.startsWith(prefix) && key > after).sort();
    for (const key of keys) {
      options.signal?.throwIfAborted();
      const entry = this.#entries.get(key);
      if (entry === undefined) continue;
      const { metadata: _metadata, sha256: _sha256, ...stored } = entry.facts;
      yield stored;
    }
  }

  async delete(keys: readonly string[], signal?: AbortSignal): Promise<[]> {
    keys.forEach(checkObjectKey);
    signal?.throwIfAborted();
    for (const key of keys) this.#entries.delete(key);
    return [];
  }

  async *listUploads(): AsyncIterable<never> {}

  async abortUpload(): Promise<void> {}

  async deletion(): Promise<DeletionFacts> {
    return { keepsVersions: false, objectLock: false };
  }

  service(): ServiceFacts {
    return { name: 'memory', adaptations: [] };
  }

  close(): void {}
}
