import { createHash } from 'node:crypto';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { compressor } from '../chunk/compress.ts';
import { BackupError, BugError } from '../core/errors.ts';
import {
  readTemporaryFile,
  removeTemporaryFolder,
  TemporaryFile,
  temporaryFolder,
  type TemporaryFolder,
} from '../core/temporary-files.ts';
import { manifestKey } from '../format/keys.ts';
import { ManifestReader } from '../format/manifest-reader.ts';
import { dropEntries } from '../format/manifest-text.ts';
import { manifestPieces } from '../format/manifest-writer.ts';
import type { Manifest } from '../format/manifest.ts';
import type { PutOptions, Store } from '../store/store.ts';
import { samePieces } from './chunks.ts';
import { manifestText } from './manifest-object.ts';
import type { StoredManifest } from './manifests.ts';

/** Longer texts are stored compressed, and pass through a file rather than memory (law 9). */
const mostPlainBytes = 4 * 1024 * 1024;

/**
 * Puts the manifest that `compose` makes for its commit time, and so commits the run (law 3: last). The commit time
 * is later than every restore point there is, whatever the clock says, so that names order as the chain does; a name
 * taken in the meantime is left alone and the next second is tried (law 5).
 */
export async function commitManifest(
  store: Store,
  compose: (committedAt: Date) => Manifest,
  after: Date | undefined,
  signal?: AbortSignal,
): Promise<StoredManifest> {
  let time = new Date(Math.max(wholeSecond(Date.now()), after ? wholeSecond(after.getTime()) + 1000 : 0));
  const folder = temporaryFolder();
  try {
    for (let tries = 0; tries < 10; tries++) {
      const manifest = compose(time);
      const object = await makeObject(manifest, manifestKey(time), folder, signal);
      if (await putUnlessTaken(store, object, manifest, signal)) {
        const { key, sha256, bytes } = object;
        return { reference: { key, sha256 }, bytes, manifest };
      }
      time = new Date(time.getTime() + 1000);
    }
  } finally {
    await removeTemporaryFolder(folder);
  }
  throw new BackupError('E_STORE_OBJECT_EXISTS', 'other runs keep taking the names of the manifest');
}

function wholeSecond(milliseconds: number): number {
  return Math.floor(milliseconds / 1000) * 1000;
}

/** A manifest as it is to lie in the store. */
interface ManifestObject {
  readonly key: string;
  readonly content: Buffer | { readonly path: string };
  readonly bytes: number;
  readonly sha256: string;
}

async function putUnlessTaken(
  store: Store,
  { key, content, sha256 }: ManifestObject,
  { formatVersion, runId }: Manifest,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const isPlain = 'length' in content;
  const options: PutOptions = {
    ifAbsent: true,
    contentType: isPlain ? 'application/json' : 'application/zstd',
    metadata: { 'format-version': formatVersion, 'run-id': runId },
    signal,
  };
  try {
    if (isPlain) await store.put(key, content, options);
    else await store.putStream(key, samePieces(content.path, sha256), options);
    return true;
  } catch (error) {
    if (error instanceof BackupError && error.code === 'E_STORE_OBJECT_EXISTS') return false;
    throw error;
  }
}

/** The object of a manifest, proved to be one that a reader will take: one that none can read must not end a run (law 2). */
async function makeObject(
  manifest: Manifest,
  key: string,
  folder: TemporaryFolder,
  signal: AbortSignal | undefined,
): Promise<ManifestObject> {
  const pieces = manifestPieces(manifest);
  const start: Buffer[] = [];
  let length = 0;
  for (let step = pieces.next(); step.done !== true; step = pieces.next()) {
    start.push(step.value);
    length += step.value.length;
    if (length <= mostPlainBytes) continue;
    return compressed(chain(start, pieces), key, folder, signal);
  }
  const content = Buffer.concat(start);
  await prove([content], key);
  return { key, content, bytes: length, sha256: createHash('sha256').update(content).digest('hex') };
}

function* chain<T>(...parts: readonly Iterable<T>[]): Generator<T, void, undefined> {
  for (const part of parts) yield* part;
}

async function compressed(
  pieces: Iterable<Buffer>,
  key: string,
  folder: TemporaryFolder,
  signal: AbortSignal | undefined,
): Promise<ManifestObject> {
  const file = await TemporaryFile.create(folder);
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    const write = async (packed: AsyncIterable<Uint8Array>) => {
      for await (const piece of packed) {
        signal?.throwIfAborted();
        hash.update(piece);
        bytes += piece.length;
        await file.append(piece);
      }
    };
    await pipeline(pieces, new PassThrough({ objectMode: false }), compressor('zstd'), write);
  } finally {
    await file.close();
  }
  await prove(manifestText(readTemporaryFile(file.path), key), key, signal);
  return { key, content: { path: file.path }, bytes, sha256: hash.digest('hex') };
}

async function prove(
  text: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  key: string,
  signal?: AbortSignal,
): Promise<void> {
  const reader = new ManifestReader(key, dropEntries);
  try {
    for await (const piece of text) {
      signal?.throwIfAborted();
      reader.push(piece);
    }
    reader.end();
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw new BugError('the manifest of this run cannot be read', { cause });
  }
}
