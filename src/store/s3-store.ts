import { checkByteRange } from './byte-range.ts';
import { checkObjectKey } from './object-key.ts';
import { S3Connection } from './s3/connection.ts';
import { ensureBucket } from './s3/create-bucket.ts';
import { deleteObjects } from './s3/delete-objects.ts';
import { readDeletionFacts } from './s3/deletion-facts.ts';
import { getObject, streamObject } from './s3/get-object.ts';
import { headObject } from './s3/head-object.ts';
import { putAndLearn } from './s3/learn-conditions.ts';
import { listObjects } from './s3/list-objects.ts';
import { abortUpload, listUploads } from './s3/list-uploads.ts';
import { uploadInParts } from './s3/multipart-upload.ts';
import { probe } from './s3/probe.ts';
import type { Conditions } from './s3/conditions.ts';
import { putObject } from './s3/put-object.ts';
import { serviceFacts } from './s3/service-facts.ts';
import { joined, regroup } from './s3/regroup.ts';
import type { StoreOptions } from './store-settings.ts';
import type { S3Location } from './store-url.ts';
import type {
  DeletionFacts,
  GetOptions,
  ListOptions,
  ObjectFacts,
  PutOptions,
  RefusedDeletion,
  ServiceFacts,
  Store,
  StoreCapabilities,
  StoredObject,
  UnfinishedUpload,
} from './store.ts';
import { withRetry } from './with-retry.ts';

/** A prefix of a bucket of Amazon S3 or of a service that speaks its protocol. */
export class S3Store implements Store {
  readonly url: string;
  readonly #connection: S3Connection;
  readonly #conditions: Conditions = { supported: undefined };
  #capabilities: Promise<StoreCapabilities> | undefined;

  constructor(location: S3Location, options: StoreOptions) {
    this.url = location.url;
    this.#connection = new S3Connection(location, options);
  }

  objectKey(key: string): string {
    return this.#connection.objectKey(key);
  }

  async capabilities(signal?: AbortSignal): Promise<StoreCapabilities> {
    this.#capabilities ??= probe(this.#connection, this.#conditions, signal);
    try {
      return await this.#capabilities;
    } catch (error) {
      this.#capabilities = undefined;
      throw error;
    }
  }

  async prepare(signal?: AbortSignal): Promise<void> {
    await ensureBucket(this.#connection, signal);
  }

  async put(key: string, body: Uint8Array, options: PutOptions = {}): Promise<StoredObject> {
    checkObjectKey(key);
    const isUnknown = options.ifAbsent === true && this.#conditions.supported === undefined;
    const put = isUnknown ? putAndLearn : putObject;
    return put(this.#connection, this.#conditions, key, body, options);
  }

  async honoursConditions(signal?: AbortSignal): Promise<boolean> {
    return this.#conditions.supported ?? (await this.capabilities(signal)).conditionalPut;
  }

  async putStream(
    key: string,
    parts: AsyncIterable<Uint8Array>,
    options: PutOptions = {},
  ): Promise<StoredObject> {
    checkObjectKey(key);
    const groups = regroup(parts);
    const first = await groups.next();
    const second = await groups.next();
    if (first.done === true || second.done === true) {
      // It is whole in memory now, so it can be tried again like any put.
      return withRetry(this, this.#connection.retry).put(key, first.value ?? new Uint8Array(), options);
    }
    const all = joined([first.value, second.value], groups);
    return uploadInParts(this.#connection, this.#conditions, key, all, options);
  }

  async get(key: string, options: GetOptions = {}): Promise<Uint8Array> {
    checkObjectKey(key);
    checkByteRange(options.range);
    return getObject(this.#connection, key, options);
  }

  async *getStream(key: string, options: GetOptions = {}): AsyncIterable<Uint8Array> {
    checkObjectKey(key);
    checkByteRange(options.range);
    yield* streamObject(this.#connection, key, options);
  }

  head(key: string, signal?: AbortSignal): Promise<ObjectFacts | undefined> {
    checkObjectKey(key);
    return headObject(this.#connection, key, signal);
  }

  list(prefix: string, options: ListOptions = {}): AsyncIterable<StoredObject> {
    return listObjects(this.#connection, prefix, options);
  }

  async delete(keys: readonly string[], signal?: AbortSignal): Promise<readonly RefusedDeletion[]> {
    keys.forEach(checkObjectKey);
    return deleteObjects(this.#connection, keys, signal);
  }

  listUploads(signal?: AbortSignal): AsyncIterable<UnfinishedUpload> {
    return listUploads(this.#connection, signal);
  }

  abortUpload(upload: UnfinishedUpload, signal?: AbortSignal): Promise<void> {
    return abortUpload(this.#connection, upload, signal);
  }

  deletion(signal?: AbortSignal): Promise<DeletionFacts> {
    return readDeletionFacts(this.#connection, signal);
  }

  service(): ServiceFacts {
    return serviceFacts(this.#connection.service, this.#conditions);
  }

  close(): void {
    this.#connection.close();
  }
}
