import { contentDigest } from '../chunk/digest-rows.ts';
import { sliceRows } from '../chunk/merge-rows.ts';
import { fitInMemory } from '../chunk/most-in-memory.ts';
import { openChunk } from '../chunk/open-chunk.ts';
import { openPieces } from '../chunk/open-pieces.ts';
import { RowsSum } from '../chunk/rows-sum.ts';
import { slicePieces } from '../chunk/slice-pieces.ts';
import { releaseMemory } from '../core/release-memory.ts';
import { readTemporaryFile, removeTemporaryFile, TemporaryFile } from '../core/temporary-files.ts';
import type { ColumnFormat } from '../format/columns.ts';
import type { ChunkEntry, PatchSlice, RangeEntry } from '../format/manifest.ts';
import type { Store } from '../store/store.ts';
import { getRawChunk } from './chunk-presence.ts';
import type { ChunkContent } from './chunks.ts';

/** Rows of one chunk as it lies in the store: plain data, fit for a thread. */
export interface ChunkRows {
  readonly entry: ChunkEntry;
  readonly content: ChunkContent;
  readonly columns: readonly ColumnFormat[];
  readonly first: number;
  readonly rows: number;
}

type EntryOf = (number: number) => ChunkEntry | undefined;

/**
 * The slices of chunks that a range is, each by itself, where it is too large to be put together in memory and need not be:
 * every row of its patches is another one. Undefined for all other ranges. Its digest is the sum of theirs (law 9).
 */
export function slicesOfLarge(range: RangeEntry, entryOf: EntryOf): PatchSlice[] | undefined {
  const slices = separateSlices(range, entryOf);
  const needed = slices?.map(({ chunk }) => entryOf(chunk)).filter((entry) => entry !== undefined);
  return needed && !fitInMemory(needed) ? slices : undefined;
}

/** The slices of chunks that a range is, where every row of its patches is another one; undefined where some override others. */
export function separateSlices(
  { rows, base, patches }: RangeEntry,
  entryOf: EntryOf,
): PatchSlice[] | undefined {
  const slices = [{ chunk: base, first: 0, rows: entryOf(base)?.rows ?? 0 }, ...patches];
  const sum = slices.reduce((total, slice) => total + slice.rows, 0);
  return sum === rows ? slices : undefined;
}

/**
 * A chunk as it lies in the store: in memory, or where it is too large for that in a temporary file, which the caller
 * removes by `letGo`. No more bytes than its entry promises, and one (law 8).
 */
export async function fetchContent(
  store: Store,
  entry: ChunkEntry,
  folder: string,
  signal: AbortSignal,
): Promise<ChunkContent> {
  if (fitInMemory([entry])) return ownMemoryOf(await getRawChunk(store, entry, signal));
  const file = await TemporaryFile.create(folder);
  try {
    const range = { first: 0, length: entry.bytes + 1 };
    for await (const piece of store.getStream(entry.key, { range, signal })) await file.append(piece);
    return { path: file.path };
  } catch (error) {
    await removeTemporaryFile(file.path);
    throw error;
  } finally {
    await file.close();
  }
}

export async function letGo(content: ChunkContent): Promise<void> {
  if ('path' in content) await removeTemporaryFile(content.path);
}

/**
 * The rows as `COPY` text, in pieces. The whole chunk is proved, but some of that at the end only: until this has ended
 * without an error, nothing that came of it may be committed (law 2).
 *
 * @throws BackupError `E_CHUNK_DAMAGED`
 */
export function chunkPieces(chunk: ChunkRows): AsyncGenerator<Uint8Array> {
  return slicePieces(allPieces(chunk), chunk.first, chunk.rows);
}

/** Rows and content digest, of the chunk that is proved at the same time. Content in memory is used up. */
export async function digestChunk(
  chunk: ChunkRows,
): Promise<{ readonly rows: number; readonly digest: string }> {
  const { content, entry, columns, first, rows } = chunk;
  if (!('path' in content)) {
    const copyText = await openChunk(content, entry, columns);
    const found = rows === entry.rows ? entry : contentDigest(sliceRows(copyText, first, rows));
    releaseMemory(content, copyText);
    return { rows: found.rows, digest: found.digest };
  }
  const sum = new RowsSum();
  for await (const piece of chunkPieces(chunk)) sum.update(piece);
  return sum.result();
}

async function* allPieces({ entry, content, columns }: ChunkRows): AsyncGenerator<Uint8Array> {
  if ('path' in content) yield* openPieces(readTemporaryFile(content.path), entry, columns);
  else yield await openChunk(content, entry, columns);
}

function ownMemoryOf(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer, byteOffset, byteLength } = bytes;
  return buffer instanceof ArrayBuffer
    ? new Uint8Array(buffer, byteOffset, byteLength)
    : Uint8Array.from(bytes);
}
