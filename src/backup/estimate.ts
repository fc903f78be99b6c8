import { sizesOf, type ChunkLookup } from '../format/chunk-lookup.ts';
import type { TableDefinition } from '../format/manifest.ts';
import type { TableStorage } from '../postgres/read-storage.ts';
import { fromItem } from '../postgres/read-table-definition.ts';
import { rowBytesOf } from '../ranges/chunk-rows.ts';
import type { SnapshotReader } from '../ranges/range-source.ts';

/** Rows read to estimate the size of a row nothing is known of yet. */
const sampleRows = 200;

/** Average bytes of a row as `COPY` text: from the chunks there are, else from a few rows. */
export async function estimateRowBytes(
  reader: SnapshotReader,
  table: TableDefinition,
  chunks: ChunkLookup,
): Promise<number> {
  const known = rowBytesOf(sizesOf(chunks));
  if (known !== undefined) return known;
  const [sample] = await reader.query(
    `SELECT coalesce(avg(octet_length((t.*)::text)), 0) AS bytes
     FROM (SELECT * FROM ${fromItem(table)} LIMIT ${sampleRows}) AS t`,
  );
  return Number(sample?.['bytes'] ?? 0);
}

/** PostgreSQL's own; a server built with another size is rare. */
const blockBytes = 8192;
/** Header and line pointer of a row of the heap. */
const overheadBytes = 28;

/** Rows of a table, as the server believes or, where it has no statistics yet, as many as its heap has room for. */
export function estimateRows({ blocks, estimatedRows }: TableStorage, rowBytes: number): number {
  return Math.max(estimatedRows, (blocks * blockBytes) / (rowBytes + overheadBytes));
}
