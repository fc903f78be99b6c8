/** Full backups: into the file store, compressed, and of the narrow table. */
import { figureOf, type Bench } from '../bench.ts';
import type { Figure } from '../results-file.ts';
import { copySide, dumpSide, fullBackupSide, parallelDumpSide, rowToJsonSide } from '../sides.ts';

export async function full(bench: Bench): Promise<Figure> {
  const table = await bench.tables.articles(bench.settings.rows);
  return figureOf(bench, 'full', table, [
    fullBackupSide(bench, table),
    copySide(bench, table),
    rowToJsonSide(bench, table),
    dumpSide(bench, table),
  ]);
}

export async function zstd(bench: Bench): Promise<Figure> {
  const table = await bench.tables.articles(bench.settings.rows);
  const figure = await figureOf(bench, 'zstd', table, [
    fullBackupSide(bench, table, { options: ['--compression', 'zstd'], store: 'zstd' }),
    parallelDumpSide(bench, table, 'parallel-dump'),
    copySide(bench, table),
  ]);
  await Promise.all(['zstd', 'parallel-dump'].map(async (name) => bench.workshop.remove(name)));
  return figure;
}

export async function narrow(bench: Bench): Promise<Figure> {
  const table = await bench.tables.narrow(bench.settings.narrowRows);
  return figureOf(bench, 'narrow', table, [
    fullBackupSide(bench, table),
    copySide(bench, table),
    dumpSide(bench, table),
  ]);
}
