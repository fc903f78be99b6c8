import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import pMap from 'p-map';
import { BackupError, codeOf, messageOf } from '../core/errors.ts';
import type { Reporter } from '../core/events.ts';
import { removeAbandonedFolders } from '../core/temporary-files.ts';
import { damagedManifest } from '../format/manifest-reader.ts';
import { manifestText } from '../repository/manifest-object.ts';
import { DigestedBytes, type StoredManifest } from '../repository/manifests.ts';
import { getSchemaDump } from '../repository/schema-dumps.ts';
import { fetchContent, letGo } from '../repository/chunk-rows.ts';
import type { Store } from '../store/store.ts';
import type { UsedChunk } from '../repository/patch-rows.ts';
import { UsedChunks } from './chunk-use.ts';
import { describeHandRestore, handRestore, plainPath, type TableFiles } from './hand-restore.ts';
import { proveChunk } from './prove-chunk.ts';
import { Verifiers } from './verifiers.ts';
import { VerifyProgress } from './verify-progress.ts';

export interface DownloadInput {
  readonly store: Store;
  readonly point: StoredManifest;
  /** Absolute path of a folder that is empty or not there. */
  readonly folder: string;
  readonly maxWorkers: number;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
}

export interface DownloadResult {
  readonly tables: readonly TableFiles[];
  readonly files: number;
  /** Bytes written. */
  readonly bytes: number;
  /** What to do with the files; also in the folder as `RESTORE.txt`. */
  readonly instructions: string;
}

/** In the folder while it is filled. */
const unfinished = '.storydredge-download';
export const instructionsFile = 'RESTORE.txt';

/**
 * Writes the chunks of a restore point as plain JSON, and its manifest, below `folder` under the names they have in the
 * store. Every digest is checked before a file is written. All files get their names at the end: the folder holds
 * the whole restore point, or nothing of it.
 *
 * @throws BackupError E_CHUNK_DAMAGED, E_STORE_OBJECT_MISSING, E_OUTPUT
 */
export async function downloadPoint(input: DownloadInput): Promise<DownloadResult> {
  const { folder, point, store, signal } = input;
  const made = await prepareFolder(folder);
  const temporary = join(folder, unfinished);
  const verifiers = new Verifiers(input.maxWorkers, undefined, signal);
  try {
    await removeAbandonedFolders();
    const chunks = new UsedChunks(point.manifest);
    const written = await writeChunks(chunks, temporary, verifiers, input);
    const { schemaDump } = point.manifest;
    if (schemaDump)
      await writeNew(join(temporary, schemaDump.key), await getSchemaDump(store, schemaDump, signal));
    const { key } = point.reference;
    await writeNew(join(temporary, key), sameManifest(store, point, signal));
    const tables = handRestore(point.manifest);
    const instructions = describeHandRestore(point.manifest, tables, key);
    await writeNew(join(temporary, instructionsFile), Buffer.from(`${instructions}\n`));
    await finish(temporary, folder);
    const bytes = written + (schemaDump?.bytes ?? 0);
    return { tables, files: chunks.length + (schemaDump ? 1 : 0), bytes, instructions };
  } catch (error) {
    await rm(made ? folder : temporary, { recursive: true, force: true }).catch(() => undefined);
    throw error;
  } finally {
    await verifiers.close();
  }
}

/** Its text, whether it is compressed in the store or not. */
async function* sameManifest(
  store: Store,
  { reference }: StoredManifest,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const stored = new DigestedBytes(store.getStream(reference.key, { signal }));
  const object = store.objectKey(reference.key);
  yield* manifestText(stored, object);
  if (stored.sha256() !== reference.sha256)
    throw damagedManifest(object, 'it was changed while its chunks were downloaded');
}

/** Whether the folder was made, rather than found empty. */
async function prepareFolder(folder: string): Promise<boolean> {
  try {
    const entries = await readdir(folder).catch((error: unknown) => {
      if (codeOf(error) === 'ENOENT') return undefined;
      throw error;
    });
    if (entries && entries.length > 0) throw notEmpty(folder, entries);
    await mkdir(join(folder, unfinished), { recursive: true });
    return entries === undefined;
  } catch (error) {
    throw outputError(error, folder);
  }
}

function notEmpty(folder: string, entries: readonly string[]): BackupError {
  const isUnfinished = entries.length === 1 && entries[0] === unfinished;
  return new BackupError('E_OUTPUT', `the folder ${folder} is not empty`, {
    hint: isUnfinished
      ? `It holds an unfinished download: remove ${join(folder, unfinished)} and try again.`
      : 'Name an empty folder, or one that is not there yet: nothing is overwritten.',
  });
}

async function writeChunks(
  chunks: UsedChunks,
  folder: string,
  verifiers: Verifiers,
  { store, point, reporter, maxWorkers, signal }: DownloadInput,
): Promise<number> {
  const progress = new VerifyProgress(reporter);
  progress.start('downloading', point.manifest.tables, chunks.sum('rows'));
  const write = async (chunk: UsedChunk): Promise<number> => {
    const { entry, table } = chunk;
    const { columns } = table;
    const path = join(folder, plainPath(entry));
    const proof = await proveChunk(async () => {
      const content = await fetchContent(store, entry, verifiers.temporaryFolder, signal);
      if ('path' in content) return writeLarge(chunk, content.path, path, verifiers);
      const { bytes } = await verifiers.run({ kind: 'plain', entry, body: content, columns });
      await writeNew(path, bytes);
      return bytes.byteLength;
    });
    if (proof.kind === 'damaged') throw damage(proof.code, proof.problem, store.objectKey(entry.key));
    progress.done(entry.rows, 1, entry.bytes);
    return proof.value;
  };
  return sumUnlessOneFails(chunks, write, maxWorkers);
}

/** A chunk that is too large for memory: from its temporary file into the folder. */
async function writeLarge(
  { entry, table: { columns } }: UsedChunk,
  from: string,
  to: string,
  verifiers: Verifiers,
): Promise<number> {
  try {
    await mkdir(dirname(to), { recursive: true });
    const { bytes } = await verifiers.run({ kind: 'plain file', entry, columns, from, to });
    return bytes;
  } catch (error) {
    throw outputError(error, to);
  } finally {
    await letGo({ path: from });
  }
}

/** Ends when no call is under way any more, failed or not: what follows may remove the folder they write into. */
async function sumUnlessOneFails<T>(
  items: Iterable<T>,
  measure: (item: T) => Promise<number>,
  concurrency: number,
): Promise<number> {
  let failure: { readonly error: unknown } | undefined;
  let sum = 0;
  const measureNext = async (item: T) => {
    if (failure) return;
    try {
      sum += await measure(item);
    } catch (error) {
      failure ??= { error };
    }
  };
  await pMap(items, measureNext, { concurrency });
  if (failure) throw failure.error;
  return sum;
}

function damage(code: 'CHUNK_MISSING' | 'CHUNK_DAMAGED', problem: string, object: string): BackupError {
  const isMissing = code === 'CHUNK_MISSING';
  return new BackupError(
    isMissing ? 'E_STORE_OBJECT_MISSING' : 'E_CHUNK_DAMAGED',
    isMissing ? `There is no object ${object}.` : `${object}: ${problem}`,
  );
}

/** The key was checked when the manifest was read: it leads below the folder (law 8). */
async function writeNew(path: string, bytes: Uint8Array | AsyncIterable<Uint8Array>): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, bytes, { flag: 'wx' });
  } catch (error) {
    throw outputError(error, path);
  }
}

async function finish(temporary: string, folder: string): Promise<void> {
  try {
    // The instructions come last: where they are, all is there.
    const names = (await readdir(temporary)).sort((a) => (a === instructionsFile ? 1 : -1));
    for (const name of names) await rename(join(temporary, name), join(folder, basename(name)));
    await rm(temporary, { recursive: true });
  } catch (error) {
    throw outputError(error, folder);
  }
}

function outputError(error: unknown, path: string): unknown {
  if (error instanceof BackupError) return error;
  return new BackupError('E_OUTPUT', `cannot write ${path}: ${messageOf(error)}`, { cause: error });
}
