import type { BackupError } from '../core/errors.ts';

/**
 * The store: a flat name space of immutable objects below one prefix.
 *
 * Keys are relative to the prefix, use `/` between parts, and match `[A-Za-z0-9._/-]+` without `.` or `..` parts.
 * All operations reject with a BackupError of an `E_STORE_…` code whose `retryable` says whether another try may
 * help; drivers do not retry, the decorator `withRetry` does. Every operation ends soon after its signal aborts,
 * with the signal's reason.
 */
export interface Store {
  /** For people: `s3://bucket/prefix` or `file:///folder`, without secrets. Also the lineage's name in locks. */
  readonly url: string;

  /** The name an object has outside: the whole S3 key with the prefix, or the path below the store's folder. */
  objectKey(key: string): string;

  /** What this store can do; probed once with real requests where only trying tells, then remembered. */
  capabilities(signal?: AbortSignal): Promise<StoreCapabilities>;

  /**
   * Whether `put` with `ifAbsent` really refuses to overwrite. Costs nothing after such a put: the first one finds out, by
   * looking before and putting twice.
   */
  honoursConditions(signal?: AbortSignal): Promise<boolean>;

  /** Makes the store usable: creates a missing bucket or folder. Idempotent; called once before a first write. */
  prepare(signal?: AbortSignal): Promise<void>;

  /**
   * Stores an object whole, durably, and never a part of it. Resolves only when the store has confirmed the very
   * bytes (checksum compared). With `ifAbsent`, an existing object is refused with E_STORE_OBJECT_EXISTS where the
   * store can tell; a retry after a lost response finds its own bytes under the key and then succeeds.
   */
  put(key: string, body: Uint8Array, options?: PutOptions): Promise<StoredObject>;

  /** As `put`, for bodies larger than memory allows; multipart on S3. `parts` is read once: not retried as a whole. */
  putStream(key: string, parts: AsyncIterable<Uint8Array>, options?: PutOptions): Promise<StoredObject>;

  /**
   * The whole object, or of the bytes `range` [first, first + length) those it has, perhaps none.
   * Missing: E_STORE_OBJECT_MISSING.
   */
  get(key: string, options?: GetOptions): Promise<Uint8Array>;

  /** As `get`, as it arrives. Drivers reject on a broken connection; `withRetry` goes on at the byte reached. */
  getStream(key: string, options?: GetOptions): AsyncIterable<Uint8Array>;

  /** Facts of an object, or undefined where there is none. */
  head(key: string, signal?: AbortSignal): Promise<ObjectFacts | undefined>;

  /**
   * All objects whose key starts with `prefix`, in the byte order of their keys, pages fetched as needed. What
   * lies below the store's prefix but has no valid key was not put by a store, and is left out.
   */
  list(prefix: string, options?: ListOptions): AsyncIterable<StoredObject>;

  /**
   * Deletes objects; a missing one is no error. Only retention, leases and probes may call this (law 5). Those that the
   * store will not let go of now, by Object Lock or for want of a permission, are returned, and the others deleted.
   */
  delete(keys: readonly string[], signal?: AbortSignal): Promise<readonly RefusedDeletion[]>;

  /**
   * Uploads in parts below the prefix that were begun, and neither completed nor aborted: their parts cost space that no
   * listing shows. None where uploads leave nothing behind.
   * @throws BackupError E_STORE_FAILED, E_STORE_ACCESS_DENIED where the store does not tell
   */
  listUploads(signal?: AbortSignal): AsyncIterable<UnfinishedUpload>;

  /** Gives up an upload with its parts; one that is gone is no error. */
  abortUpload(upload: UnfinishedUpload, signal?: AbortSignal): Promise<void>;

  /** Whether what is deleted stays in the store, as a noncurrent version or under Object Lock. */
  deletion(signal?: AbortSignal): Promise<DeletionFacts>;

  /** What the answers so far tell of the service behind the store; sends no request. */
  service(): ServiceFacts;

  /** Frees sockets. No operation may follow. */
  close(): void;
}

export interface StoreCapabilities {
  /** `put` with `ifAbsent` really refuses to overwrite. */
  readonly conditionalPut: boolean;
  /**
   * A body that arrives damaged is refused by the store itself. Where not, drivers still compare what the store says it
   * received.
   */
  readonly checksUploads: boolean;
  /** The store keeps a SHA-256 that it checked itself, and `head` returns it. */
  readonly storedSha256: boolean;
  /** The store keeps the `metadata` of a put, and `head` returns it. */
  readonly storedMetadata: boolean;
}

export interface RefusedDeletion {
  readonly key: string;
  /** Why, with its hint. */
  readonly error: BackupError;
}

export interface UnfinishedUpload {
  readonly key: string;
  readonly id: string;
  readonly begunAt: Date;
}

export interface DeletionFacts {
  /** Deleted objects become noncurrent versions; undefined where the store does not tell. */
  readonly keepsVersions: boolean | undefined;
  /** Object Lock is on: versions cannot be removed before their time; undefined where the store does not tell. */
  readonly objectLock: boolean | undefined;
}

/** For people; nothing is decided by it. */
export interface ServiceFacts {
  /** What the service calls itself or can be recognised as; undefined where it does not tell. */
  readonly name: string | undefined;
  /** What was set for this service without being asked for, a phrase each. */
  readonly adaptations: readonly string[];
}

export interface PutOptions {
  readonly ifAbsent?: boolean;
  /**
   * The entity tag the existing object must have (lease renewal); else E_STORE_OBJECT_EXISTS when it has another,
   * E_STORE_OBJECT_MISSING when there is none. Ignored where the store cannot.
   */
  readonly ifMatch?: string;
  /** Of the body, lower-case hex, where the caller has computed it: it is not computed again, and what arrives is checked against it. */
  readonly sha256?: string;
  readonly contentType?: string;
  /** User metadata: names of lower-case letters, digits and `-`; printable ASCII values; 2 KB in all. */
  readonly metadata?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

export interface GetOptions {
  /** Of a larger object no more than so many bytes and one are taken: whoever knows its size sees that it is another one. */
  readonly most?: number;
  readonly range?: { readonly first: number; readonly length: number };
  /** Gives memory for so many bytes: what `get` answers may lie there. Each try asks anew. */
  readonly into?: (bytes: number) => Uint8Array;
  readonly signal?: AbortSignal | undefined;
}

export interface ListOptions {
  /** Only keys after this one. */
  readonly startAfter?: string;
  readonly signal?: AbortSignal | undefined;
}

export interface StoredObject {
  readonly key: string;
  /** Size in bytes. */
  readonly bytes: number;
  readonly lastModified: Date;
  readonly etag?: string;
}

export interface ObjectFacts extends StoredObject {
  readonly metadata: Readonly<Record<string, string>>;
  /** SHA-256 in lower-case hex, where the store kept one. */
  readonly sha256?: string;
}
