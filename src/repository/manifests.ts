import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { BlockFile } from '../core/block-file.ts';
import { BackupError } from '../core/errors.ts';
import { manifestPrefix, manifestTime } from '../format/keys.ts';
import type { EntryKeeper } from '../format/manifest-collector.ts';
import { ManifestReader } from '../format/manifest-reader.ts';
import { keepEntries } from '../format/manifest-text.ts';
import type { Manifest, ManifestReference } from '../format/manifest.ts';
import type { Store } from '../store/store.ts';
import { manifestText } from './manifest-object.ts';

/** A manifest as it lies in the store. */
export interface StoredManifest {
  readonly reference: ManifestReference;
  /** Of the object. */
  readonly bytes: number;
  readonly manifest: Manifest;
}

/** A restore point known by its key only. */
export interface RestorePoint {
  readonly key: string;
  readonly committedAt: Date;
  readonly bytes: number;
}

/** All restore points, oldest first. Objects below `manifests/` with other names are none of ours. */
export async function listRestorePoints(store: Store, signal?: AbortSignal): Promise<RestorePoint[]> {
  const points: RestorePoint[] = [];
  for await (const object of store.list(manifestPrefix, { signal })) {
    const committedAt = manifestTime(object.key);
    if (committedAt) points.push({ key: object.key, committedAt, bytes: object.bytes });
  }
  return points.sort((a, b) => a.committedAt.getTime() - b.committedAt.getTime());
}

/**
 * Reads a manifest as a stream: memory holds what the keeper keeps, and no text.
 *
 * @param keeper told of the entries as they come; where one of them is damaged, or the transfer, perhaps of more than there
 * are, and more than once
 * @throws BackupError E_STORE_OBJECT_MISSING, E_MANIFEST_DAMAGED, E_MANIFEST_VERSION
 */
export async function readManifest(
  store: Store,
  key: string,
  signal?: AbortSignal,
  keeper: EntryKeeper = entriesInFiles,
): Promise<StoredManifest> {
  for (let tries = 1; ; tries++) {
    try {
      return await readOnce(store, key, signal, keeper);
    } catch (error) {
      if (!(error instanceof BackupError) || tries >= (mostTries[error.code] ?? 1)) throw error;
    }
  }
}

/**
 * A stream is not read again by itself once it has begun. A bit that flipped on the way may make no JSON, or another version, before
 * the checksum behind the last byte can tell: that, too, is believed only when it comes twice.
 */
const mostTries: Readonly<Record<string, number>> = {
  E_STORE_CORRUPT_TRANSFER: 3,
  E_MANIFEST_DAMAGED: 2,
  E_MANIFEST_VERSION: 2,
};

/** After so many, some milliseconds of work, whatever else the process waits for has its turn: the database, when a run begins. */
const bytesAtOnce = 64 * 1024;

/** Keeps entries in memory while they are few, and in files beyond that (law 9). */
export const entriesInFiles: EntryKeeper = keepEntries(() => new BlockFile());

async function readOnce(
  store: Store,
  key: string,
  signal: AbortSignal | undefined,
  keeper: EntryKeeper,
): Promise<StoredManifest> {
  const read = new DigestedBytes(store.getStream(key, { signal }));
  const reader = new ManifestReader(key, keeper);
  for await (const piece of manifestText(read, key)) {
    for (let at = 0; at < piece.length; at += bytesAtOnce) {
      reader.push(piece.subarray(at, at + bytesAtOnce));
      await setImmediate();
    }
  }
  const manifest = reader.end();
  return { reference: { key, sha256: read.sha256() }, bytes: read.bytes, manifest };
}

/** The SHA-256 of a manifest's bytes, sound or not: what a chain names it by. */
export async function referenceManifest(
  store: Store,
  key: string,
  signal?: AbortSignal,
): Promise<ManifestReference> {
  const read = new DigestedBytes(store.getStream(key, { signal }));
  for await (const _piece of read);
  return { key, sha256: read.sha256() };
}

/** Bytes that are counted and digested as they are read. */
export class DigestedBytes implements AsyncIterable<Uint8Array> {
  readonly #pieces: AsyncIterable<Uint8Array>;
  readonly #hash = createHash('sha256');
  bytes = 0;

  constructor(pieces: AsyncIterable<Uint8Array>) {
    this.#pieces = pieces;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const piece of this.#pieces) {
      this.#hash.update(piece);
      this.bytes += piece.length;
      yield piece;
    }
  }

  /** Of all bytes, when all were read. */
  sha256(): string {
    return this.#hash.digest('hex');
  }
}
