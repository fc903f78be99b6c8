import { BackupError } from '../core/errors.ts';
import { inOrder } from '../core/in-order.ts';
import type { ThreadPool } from '../core/threads/pool.ts';
import { addDigests } from '../format/digest.ts';
import type { ManifestTable } from '../format/manifest.ts';
import { patchesOpenedBy } from '../repository/open-rows.ts';
import { fetchRange, memoryOf, storedTable } from '../repository/range-rows.ts';
import type { ExportInput } from './export-input.ts';
import type { ExportJob, FormattedRows } from './export-job.ts';
import type { ExportProgress } from './export-progress.ts';
import { formatHeader } from './format-rows.ts';
import type { WriteBytes } from './write-file.ts';

export interface ExportParts {
  readonly input: ExportInput;
  readonly pool: ThreadPool<ExportJob, FormattedRows>;
  readonly progress: ExportProgress;
}

/**
 * Writes the rows of a table, range by range in their order, each after its digests were found to hold; at the end the
 * content digest of all that was written must be the table's (law 2). Memory holds a few ranges (law 9).
 *
 * @returns the number of bytes
 */
export async function exportTable(
  table: ManifestTable,
  { input, pool, progress }: ExportParts,
  write: WriteBytes,
): Promise<number> {
  const { store, format, maxWorkers, signal } = input;
  const stored = storedTable(table);
  const patches = patchesOpenedBy(pool, store, signal);
  const header = formatHeader(table.columns, format);
  if (header.length > 0) await write(header);
  let found = { rows: 0, digest: addDigests(), bytes: header.length };
  const ranges = inOrder(table.ranges, maxWorkers + 1, async (range) => {
    const fetched = await fetchRange(stored, range, store, patches, signal);
    return pool.run({ kind: 'format', range: fetched, format }, signal, memoryOf(fetched));
  });
  for await (const { bytes, rows, digest } of ranges) {
    await write(bytes);
    progress.done(rows, bytes.length);
    found = {
      rows: found.rows + rows,
      digest: addDigests(found.digest, digest),
      bytes: found.bytes + bytes.length,
    };
  }
  if (found.rows === table.rows && found.digest === table.digest) return found.bytes;
  throw new BackupError(
    'E_RESTORE_MISMATCH',
    `${table.schema}.${table.name} gave ${found.rows} rows with digest ${found.digest} instead of ${table.rows} with ${table.digest}`,
  );
}
