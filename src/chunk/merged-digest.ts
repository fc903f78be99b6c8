import type { ColumnFormat } from '../format/columns.ts';
import type { ChunkEntry } from '../format/manifest.ts';
import type { RowsDigest } from './digest-rows.ts';
import { RowMerge } from './merge-rows.ts';
import { openBlocks } from './open-blocks.ts';
import { RowsSum } from './rows-sum.ts';
import { releaseBlocks } from './spare-blocks.ts';

/** A base chunk as it lies in the store. */
export interface StoredBase {
  readonly body: Uint8Array;
  readonly entry: ChunkEntry;
  readonly columns: readonly ColumnFormat[];
}

/**
 * How many rows a range has, and their content digest: those of its base, which is proved at the same time, overridden by
 * patches as `mergeRows` does it. In the memory of a block beside the stored base and the patches: nothing is put together.
 *
 * @throws BackupError `E_CHUNK_DAMAGED`
 */
export async function mergedDigest(
  { body, entry, columns }: StoredBase,
  patches: readonly Uint8Array[],
  key: readonly number[],
): Promise<Pick<RowsDigest, 'rows' | 'digest'>> {
  const merge = new RowMerge(patches, key);
  const sum = new RowsSum();
  for await (const block of openBlocks(body, entry, columns)) {
    for (const rows of merge.take(block)) sum.update(rows);
    releaseBlocks(block);
  }
  for (const rows of merge.end()) sum.update(rows);
  return sum.result();
}
