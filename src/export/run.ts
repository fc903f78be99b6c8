import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { BackupError } from '../core/errors.ts';
import { programModule } from '../core/program-files.ts';
import { ThreadPool } from '../core/threads/pool.ts';
import { computingThreads } from '../core/threads/thread-count.ts';
import type { ManifestTable } from '../format/manifest.ts';
import { chooseTables } from '../postgres/choose-tables.ts';
import { removedMeanwhile } from '../repository/removed-meanwhile.ts';
import { findRestorePoint } from '../repository/restore-points.ts';
import type { ExportedTable, ExportInput, ExportResult } from './export-input.ts';
import type { ExportJob, FormattedRows } from './export-job.ts';
import { ExportProgress } from './export-progress.ts';
import { exportTable, type ExportParts } from './export-table.ts';
import { fileNames } from './file-names.ts';
import { makeFolder, taken, writeNewFile, type WriteBytes } from './write-file.ts';

/**
 * Writes whole tables of a restore point as plain files, or one of them into a stream. Every digest is checked before
 * the rows it proves are written, and a file gets its name only when all of its table is in it and proved (law 2).
 *
 * @throws BackupError of any code, and whatever `write` of a stream throws
 */
export async function runExport(input: ExportInput): Promise<ExportResult> {
  const startedAt = Date.now();
  // 1. Which tables, of which restore point?
  const point = await findRestorePoint(input.store, input.at, input.signal);
  const tables = chooseTables(point.manifest, input.tables);
  // 2. The threads that decode.
  const threads = computingThreads(input.maxWorkers);
  const pool = new ThreadPool<ExportJob, FormattedRows>(programModule('export/export-worker'), threads, null);
  try {
    // 3. Table by table, so that a run that fails has finished files rather than many half ones.
    const parts = { input, pool, progress: new ExportProgress(tables, input.reporter) };
    const { destination } = input;
    const exported =
      destination.kind === 'stream'
        ? await exportToStream(tables, destination.write, parts)
        : await exportToFolder(tables, destination.path, parts);
    return {
      status: 'completed',
      manifest: input.store.objectKey(point.reference.key),
      format: input.format,
      tables: exported,
      durationSeconds: (Date.now() - startedAt) / 1000,
    };
  } catch (error) {
    throw await removedMeanwhile(error, input.store, point.reference.key);
  } finally {
    await pool.close();
  }
}

async function exportToStream(
  tables: readonly ManifestTable[],
  write: WriteBytes,
  parts: ExportParts,
): Promise<ExportedTable[]> {
  const [only, ...others] = tables;
  if (!only || others.length > 0) {
    throw new BackupError(
      'E_USAGE',
      `standard output takes one table, and ${tables.length} are to be exported`,
      {
        hint: `Choose it with --table: ${tables.slice(0, 10).map(nameOf).join(', ')}.`,
      },
    );
  }
  return [describe(only, null, await exportTable(only, parts, write))];
}

async function exportToFolder(
  tables: readonly ManifestTable[],
  folder: string,
  parts: ExportParts,
): Promise<ExportedTable[]> {
  const names = fileNames(tables, parts.input.format);
  for (const name of names) if (existsSync(join(folder, name))) throw taken(join(folder, name));
  await makeFolder(folder);
  const exported: ExportedTable[] = [];
  for (const [index, table] of tables.entries()) {
    const file = names[index] ?? '';
    const bytes = await writeNewFile(folder, file, (write) => exportTable(table, parts, write));
    const { reporter } = parts.input;
    reporter.log('info', `Exported ${nameOf(table)} as ${file}: ${table.rows} rows, digest ${table.digest}`);
    exported.push(describe(table, file, bytes));
  }
  return exported;
}

function describe(table: ManifestTable, file: string | null, bytes: number): ExportedTable {
  const { rows, digest } = table;
  return { table: nameOf(table), file, rows, digest, bytes };
}

function nameOf({ schema, name }: ManifestTable): string {
  return `${schema}.${name}`;
}
