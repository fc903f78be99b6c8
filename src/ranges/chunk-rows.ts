import type { ChunkEntry } from '../format/manifest.ts';

/** Rows of a chunk where nobody says otherwise. */
export const usualChunkRows = 1000;

/** `COPY` text of so many bytes, and no more rows, make a range of narrow rows. */
const narrowRangeBytes = 512 * 1024;
const mostChunkRows = 10_000;
/** In a smaller table the number of chunks does not matter. */
const manyRows = 100_000;

export interface TableSize {
  readonly rows: number;
  /** Average size of a row as `COPY` text, in bytes. */
  readonly rowBytes: number;
}

/**
 * Rows that a range of a table is cut into. A chunk costs a request, a file and an entry of each manifest, however few bytes it
 * holds: in a large table of narrow rows a range has more rows, in whole thousands, yet fewer bytes than one of usual
 * rows (ADR 28). A range is cut anew only when it holds twice as many rows, so that a table whose rows grow a little wider keeps
 * its ranges.
 *
 * @param given what the user said, which holds for every table
 */
export function chunkRowsOf(given: number | undefined, { rows, rowBytes }: TableSize): number {
  if (given !== undefined) return given;
  if (rows < manyRows) return usualChunkRows;
  const fitting = narrowRangeBytes / Math.max(rowBytes, 1);
  const whole = Math.floor(fitting / usualChunkRows) * usualChunkRows;
  return Math.min(Math.max(whole, usualChunkRows), mostChunkRows);
}

/** Average bytes of a row as `COPY` text; undefined where there are no rows. */
export function rowBytesOf(chunks: Iterable<Pick<ChunkEntry, 'rows' | 'copyBytes'>>): number | undefined {
  let [rows, bytes] = [0, 0];
  for (const chunk of chunks) {
    rows += chunk.rows;
    bytes += chunk.copyBytes;
  }
  return rows > 0 ? bytes / rows : undefined;
}
