import type { ChunkLookup } from '../format/chunk-lookup.ts';
import type { TableDefinition } from '../format/manifest.ts';
import { fromItem } from '../postgres/read-table-definition.ts';
import type { SnapshotReader } from '../ranges/range-source.ts';

/** Rows read to estimate the size of a row nothing is known of yet. */
const sampleRows = 200;

/** Average bytes of a row as `COPY` text: from the chunks there are, else from a few rows. */
export async function estimateRowBytes(
  reader: SnapshotReader,
  table: TableDefinition,
  chunks: ChunkLookup,
): Promise<number> {
  let rows = 0;
  let bytes = 0;
  for (const chunk of chunks.values()) {
    rows += chunk.rows;
    bytes += chunk.copyBytes;
  }
  if (rows > 0) return bytes / rows;
  const [sample] = await reader.query(
    `SELECT coalesce(avg(octet_length((t.*)::text)), 0) AS bytes
     FROM (SELECT * FROM ${fromItem(table)} LIMIT ${sampleRows}) AS t`,
  );
  return Number(sample?.['bytes'] ?? 0);
}
