import { createHash } from 'node:crypto';
import { PassThrough, Readable } from 'node:stream';
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
    // A run that is committed has not failed; another one removes what is left.
    await removeTemporaryFolder(folder).catch(() => undefined);
  }
  throw new BackupError('E_STORE_OBJECT_EXISTS', 'other runs keep taking the names of the manifest');
}

function wholeSecond(milliseconds: number): number {
  return Math.floor(milliseconds / 1000) * 1000;
}

/** A manifest as it is to lie in the store. */
interface ManifestObject {
  readonly key: string;
  readonly contentType: 'application/json' | 'application/zstd';
  readonly content: Buffer | { readonly path: string };
  readonly bytes: number;
  readonly sha256: string;
}

async function putUnlessTaken(
  store: Store,
  { key, content, sha256, contentType }: ManifestObject,
  { formatVersion, runId }: Manifest,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const isInMemory = 'length' in content;
  const options: PutOptions = {
    ifAbsent: true,
    contentType,
    metadata: { 'format-version': formatVersion, 'run-id': runId },
    signal,
  };
  try {
    if (isInMemory) await store.put(key, content, options);
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
  const start: Buffer[] = [];
  let length = 0;
  for (const piece of manifestPieces(manifest)) {
    start.push(piece);
    length += piece.length;
    if (length > mostPlainBytes) return makeCompressed(manifest, key, folder, signal);
  }
  return inMemory(start, 'application/json', key, signal);
}

/** A file that cannot be written must not cost a run that has come this far: the object then is in memory. */
async function makeCompressed(
  manifest: Manifest,
  key: string,
  folder: TemporaryFolder,
  signal: AbortSignal | undefined,
): Promise<ManifestObject> {
  try {
    const file = await TemporaryFile.create(folder);
    return await inFile(manifest, key, file, signal);
  } catch (error) {
    if (!(error instanceof BackupError) || error.code !== 'E_TEMPORARY_FILE') throw error;
    const pieces: Uint8Array[] = [];
    await compressTo(manifest, async (piece) => void pieces.push(piece), signal);
    return inMemory(pieces, 'application/zstd', key, signal);
  }
}

async function inMemory(
  pieces: readonly Uint8Array[],
  contentType: ManifestObject['contentType'],
  key: string,
  signal: AbortSignal | undefined,
): Promise<ManifestObject> {
  const content = Buffer.concat(pieces);
  await prove(manifestText(Readable.from([content]), key), key, signal);
  const sha256 = createHash('sha256').update(content).digest('hex');
  return { key, contentType, content, bytes: content.length, sha256 };
}

async function inFile(
  manifest: Manifest,
  key: string,
  file: TemporaryFile,
  signal: AbortSignal | undefined,
): Promise<ManifestObject> {
  const hash = createHash('sha256');
  let bytes = 0;
  const append = async (piece: Uint8Array) => {
    hash.update(piece);
    bytes += piece.length;
    await file.append(piece);
  };
  try {
    await compressTo(manifest, append, signal);
  } finally {
    await file.close();
  }
  await prove(manifestText(readTemporaryFile(file.path), key), key, signal);
  const content = { path: file.path };
  return { key, contentType: 'application/zstd', content, bytes, sha256: hash.digest('hex') };
}

async function compressTo(
  manifest: Manifest,
  write: (piece: Uint8Array) => Promise<void>,
  signal: AbortSignal | undefined,
): Promise<void> {
  await pipeline(manifestPieces(manifest), new PassThrough(), compressor('zstd'), async (packed) => {
    for await (const piece of packed as AsyncIterable<Uint8Array>) {
      signal?.throwIfAborted();
      await write(piece);
    }
  });
}

async function prove(
  text: AsyncIterable<Uint8Array>,
  key: string,
  signal: AbortSignal | undefined,
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
