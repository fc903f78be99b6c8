import { chunkNamed, chunksByNumber, type ChunkLookup } from '../format/chunk-lookup.ts';
import { contentDigest } from '../chunk/digest-rows.ts';
import { mergeRows, RowMerge } from '../chunk/merge-rows.ts';
import { fitInMemory } from '../chunk/most-in-memory.ts';
import { openBlocks } from '../chunk/open-blocks.ts';
import { openChunk } from '../chunk/open-chunk.ts';
import { RowsSum } from '../chunk/rows-sum.ts';
import { joinBlock, releaseBlocks } from '../chunk/spare-blocks.ts';
import { BackupError } from '../core/errors.ts';
import { ownMemory, releaseMemory, releaseSmall } from '../core/release-memory.ts';
import type { ColumnFormat } from '../format/columns.ts';
import type { ChunkEntry, ManifestTable, RangeEntry } from '../format/manifest.ts';
import { mergeKey } from '../format/merge-key.ts';
import type { Store } from '../store/store.ts';
import { separateSlices } from './chunk-rows.ts';
import { getChunk } from './chunks.ts';
import { patchesOf, type PatchRows } from './patch-rows.ts';

/** A range of a restore point, its base as it lies in the store and the rows of its patches: plain data, fit for a thread. */
export interface RangeRows {
  /** `schema.table`, for messages. */
  readonly table: string;
  readonly columns: readonly ColumnFormat[];
  /** Positions of the columns that patches override rows by. */
  readonly key: readonly number[];
  readonly base: FetchedChunk;
  /** Proved `COPY` text, oldest first. */
  readonly patches: readonly Uint8Array[];
  /** What the manifest says of the range. */
  readonly rows: number;
  readonly digest: string;
}

export interface FetchedChunk {
  readonly entry: ChunkEntry;
  readonly body: Uint8Array;
}

/** A table of a restore point, with its chunks by number. */
export interface StoredTable {
  readonly table: ManifestTable;
  readonly chunks: ChunkLookup;
}

export function storedTable(table: ManifestTable): StoredTable {
  return { table, chunks: chunksByNumber(table.chunks) };
}

/** A run merges no more, with the largest chunks that it makes: `mostToMerge` of them, and the patch. */
const mostToMergeEver = 1024 * 1024 * 1024;

/** Whether what must be put together to be read is as small as anything that a run has put together (law 8). */
export function isMergeable(range: RangeEntry, chunks: ChunkLookup): boolean {
  const entryOf = (number: number) => chunks.get(number);
  if (separateSlices(range, entryOf)) return true;
  const numbers = new Set([range.base, ...range.patches.map(({ chunk }) => chunk)]);
  const needed = [...numbers].map(entryOf).filter((entry) => entry !== undefined);
  return fitInMemory(needed, mostToMergeEver);
}

/**
 * @param patches keeps patch chunks open, which hold rows of many ranges
 * @throws BackupError E_MANIFEST_DAMAGED where no run has made such a range; E_CHUNK_DAMAGED, E_STORE_OBJECT_MISSING
 */
export async function fetchRange(
  { table, chunks }: StoredTable,
  range: RangeEntry,
  store: Store,
  patches: PatchRows,
  signal: AbortSignal,
): Promise<RangeRows> {
  const base = chunkNamed(chunks, range.base);
  if (!isMergeable(range, chunks)) {
    const name = `${table.schema}.${table.name}`;
    throw new BackupError(
      'E_MANIFEST_DAMAGED',
      `a range of ${name} is larger than any that a run puts together`,
    );
  }
  const rowsOfPatches = await Array.fromAsync(patches.rowsOf(patchesOf(range, table, chunks)));
  return {
    table: `${table.schema}.${table.name}`,
    columns: table.columns.map(({ name, encoding }) => ({ name, encoding })),
    key: mergeKey(table),
    base: { entry: base, body: await getChunk(store, base, signal) },
    patches: rowsOfPatches,
    rows: range.rows,
    digest: range.digest,
  };
}

/** What moves to a thread with a range: it is gone here, and is fetched anew for another try. */
export function memoryOf({ base, patches }: RangeRows): ArrayBuffer[] {
  const copies = patches.map(({ buffer }) => buffer).filter((buffer) => buffer instanceof ArrayBuffer);
  return [...ownMemory(base.body), ...copies];
}

/**
 * The `COPY` text of a range: its base with its patches, proved to be the rows that the manifest means (law 1). Base and
 * patches are used up.
 *
 * @throws BackupError `E_CHUNK_DAMAGED`, `E_RESTORE_MISMATCH`
 */
export async function putTogether(range: RangeRows): Promise<Uint8Array> {
  const base = await openChunk(range.base.body, range.base.entry, range.columns);
  const copyText = mergeRows(base, range.patches, range.key);
  releaseMemory(range.base.body);
  if (copyText !== base) releaseMemory(base);
  for (const patch of range.patches) releaseSmall(patch);
  // A base alone was proved to have the rows and the digest of its entry.
  requireSame(range, copyText === base ? range.base.entry : contentDigest(copyText));
  return copyText;
}

/**
 * The same in blocks of whole rows, in the memory of a block beside the chunk and its patches, to be let go by `releaseBlocks`. The
 * range is proved with its last block: until this has ended without an error, nothing may be committed (law 2).
 *
 * @throws BackupError `E_CHUNK_DAMAGED`, `E_RESTORE_MISMATCH`
 */
export async function* rowBlocks(range: RangeRows): AsyncGenerator<Uint8Array> {
  const { body, entry } = range.base;
  const blocks = openBlocks(body, entry, range.columns);
  if (range.patches.length > 0) yield* mergeBlocks(range, blocks);
  else {
    requireSame(range, entry);
    yield* blocks;
  }
  releaseMemory(body);
}

async function* mergeBlocks(range: RangeRows, blocks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const merge = new RowMerge(range.patches, range.key);
  const sum = new RowsSum();
  for await (const block of blocks) {
    const merged = joinBlock(...merge.take(block));
    releaseBlocks(block);
    sum.update(merged);
    yield merged;
  }
  const added = joinBlock(...merge.end());
  sum.update(added);
  if (added.length > 0) yield added;
  requireSame(range, sum.result());
  for (const patch of range.patches) releaseSmall(patch);
}

function requireSame(range: RangeRows, { rows, digest }: Pick<ChunkEntry, 'rows' | 'digest'>): void {
  if (rows === range.rows && digest === range.digest) return;
  throw new BackupError(
    'E_RESTORE_MISMATCH',
    `a range of ${range.table} with base ${range.base.entry.key} gives ${rows} rows with digest ${digest} instead of ${range.rows} with ${range.digest}`,
  );
}
