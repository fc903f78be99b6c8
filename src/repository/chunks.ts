import { createHash } from 'node:crypto';
import { BackupError } from '../core/errors.ts';
import { readTemporaryFile } from '../core/temporary-files.ts';
import { afterChunk, chunkKey, chunkNumber, chunkPrefix } from '../format/keys.ts';
import { formatVersion, type ChunkEntry } from '../format/manifest.ts';
import type { GetOptions, Store } from '../store/store.ts';

/** What a person sees of a chunk in the store's own tools. */
export interface ChunkLabels {
  readonly table: string;
  readonly firstKey: string;
  readonly lastKey: string;
}

/** A chunk as it is stored: in memory, or in a temporary file where memory should not hold it at once (law 9). */
export type ChunkContent = Uint8Array<ArrayBuffer> | { readonly path: string };

/** Stores a sealed chunk durably under its own name, never over another (laws 3 and 5). */
export async function putChunk(
  store: Store,
  entry: ChunkEntry,
  content: ChunkContent,
  labels: ChunkLabels,
  signal?: AbortSignal,
): Promise<void> {
  const metadata = {
    table: printable(labels.table),
    rows: String(entry.rows),
    kind: entry.kind,
    'first-key': printable(labels.firstKey),
    'last-key': printable(labels.lastKey),
    'content-digest': entry.digest,
    'format-version': formatVersion,
  };
  const { sha256, compression } = entry;
  const options = { ifAbsent: true, sha256, contentType: contentTypes[compression], metadata, signal };
  if ('path' in content) await store.putStream(entry.key, samePieces(content.path, entry.sha256), options);
  else await store.put(entry.key, content, options);
}

/** What a temporary file holds, which must still be what was proved: only then does the upload end well (law 2). */
export async function* samePieces(path: string, sha256: string): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  for await (const piece of readTemporaryFile(path)) {
    hash.update(piece);
    yield piece;
  }
  if (hash.digest('hex') === sha256) return;
  throw new BackupError('E_INTERNAL', `the temporary file ${path} was changed while it was uploaded`);
}

const contentTypes = {
  none: 'application/json',
  gzip: 'application/gzip',
  zstd: 'application/zstd',
} as const;

/** Metadata travel as HTTP headers: printable ASCII, percent-encoded beyond it, and cut at 200 bytes. */
function printable(text: string): string {
  return encodeURI(text.toWellFormed())
    .replaceAll('%20', ' ')
    .replaceAll('%22', '"')
    .trim()
    .slice(0, 200)
    .trimEnd();
}

/** The stored bytes of a chunk; a missing one is damage, named by its key. A far larger object costs nothing (law 8). */
export async function getChunk(
  store: Store,
  entry: ChunkEntry,
  signal?: AbortSignal,
  memory?: Pick<GetOptions, 'into'>,
): Promise<Uint8Array> {
  const body = await store.get(entry.key, { most: entry.bytes, signal, ...memory });
  if (body.byteLength === entry.bytes) return body;
  const found =
    body.byteLength > entry.bytes
      ? `more than ${entry.bytes} bytes`
      : `${body.byteLength} bytes instead of ${entry.bytes}`;
  throw new BackupError('E_CHUNK_DAMAGED', `chunk ${entry.key} has ${found}`);
}

/** Hands out the numbers and names of the chunks of one run. */
export class ChunkNames {
  #last: number;
  readonly #runStart: Date;

  constructor(last: number, runStart: Date) {
    this.#last = last;
    this.#runStart = runStart;
  }

  /** The highest number handed out, or used before. */
  get last(): number {
    return this.#last;
  }

  /** The next number is above this one, too. */
  startAfter(number: number): void {
    this.#last = Math.max(this.#last, number);
  }

  next(compression: ChunkEntry['compression']): { readonly number: number; readonly key: string } {
    const number = ++this.#last;
    return { number, key: chunkKey(number, this.#runStart, compression) };
  }
}

export interface StoredChunk {
  readonly number: number;
  readonly bytes: number;
}

/** By key, the chunks numbered above `number`: what unfinished runs left behind. */
export async function listChunksAfter(
  store: Store,
  number: number,
  signal?: AbortSignal,
): Promise<Map<string, StoredChunk>> {
  const chunks = new Map<string, StoredChunk>();
  const list = async (startAfter: string | undefined) => {
    for await (const object of store.list(chunkPrefix, { signal, ...(startAfter ? { startAfter } : {}) })) {
      const found = chunkNumber(object.key) ?? 0;
      if (found > number) chunks.set(object.key, { number: found, bytes: object.bytes });
    }
  };
  const startAfter = number > 0 ? afterChunk(number) : undefined;
  await list(startAfter);
  const highest = [...chunks.values()].reduce((most, chunk) => Math.max(most, chunk.number), number);
  if (startAfter !== undefined && mayHaveGrownLonger(number, highest)) await list(undefined);
  return chunks;
}

/** Numbers are handed out one after the other; not more than this are ever missing in a row. */
const widestGap = 100_000;

/** Whether numbers with more digits may be there: their names sort before this one, unless it begins with zeros. */
function mayHaveGrownLonger(number: number, highest: number): boolean {
  const digits = Math.max(String(number).length, 6);
  return number >= 10 ** (digits - 1) && highest + widestGap >= 10 ** digits;
}
