import { resolve } from 'node:path';
import { BackupError } from '../../core/errors.ts';
import type { ExportFormat, ExportInput, ExportResult } from '../../export/export-input.ts';
import { runExport } from '../../export/run.ts';
import { formatOf } from '../choose-format.ts';
import type { CommandContext, CommandOutcome, RunCommand } from '../command.ts';
import { storeOf } from '../connections.ts';
import { formatBytes, formatCount, formatSeconds, formatTable } from '../figures.ts';
import { OutputClosed, writeRows } from '../row-output.ts';

const formats = ['jsonl', 'csv', 'copy'] as const satisfies readonly ExportFormat[];

/** Tables of a restore point as plain files, or one of them on standard output. */
export const exportTables: RunCommand = async (context) => {
  const { settings, args, host, isFlag, reporter, signal } = context;
  const [folder = '.'] = args;
  const toStdout = folder === '-';
  if (toStdout && settings.json) throw mixed();
  const format = formatOf(settings.format, 'export', formats);
  const store = await storeOf(context);
  const input: ExportInput = {
    store,
    at: settings.at,
    tables: isFlag('table') ? settings.table : undefined,
    format,
    destination: toStdout
      ? { kind: 'stream', write: (bytes) => writeRows(host.stdout, bytes) }
      : { kind: 'folder', path: resolve(host.folder, folder) },
    maxWorkers: settings.maxWorkers,
    reporter,
    signal,
  };
  try {
    return outcomeOf(await runExport(input), toStdout ? undefined : resolve(host.folder, folder), context);
  } catch (error) {
    if (!(error instanceof OutputClosed)) throw error;
    return { json: {}, text: '' };
  } finally {
    store.close();
  }
};

function outcomeOf(
  result: ExportResult,
  folder: string | undefined,
  { reporter }: CommandContext,
): CommandOutcome {
  const { tables, manifest, durationSeconds } = result;
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  const head = `Exported ${formatCount(rows)} rows of ${manifest} in ${formatSeconds(durationSeconds)}`;
  reporter.log('info', head);
  if (folder === undefined) return { json: result, text: '' };
  const lines = tables.map(({ file, rows, bytes, digest }) => [
    file ?? '',
    formatCount(rows),
    formatBytes(bytes),
    digest,
  ]);
  const table = formatTable([['file', 'rows', 'size', 'content digest (proved)'], ...lines]);
  return { json: { ...result, folder }, text: `${head}, into ${folder}\n${table}` };
}

function mixed(): BackupError {
  return new BackupError(
    'E_USAGE',
    '--json prints its result on standard output, which - gives to the rows',
    {
      hint: 'Leave --json out (--no-json where the environment or the config file sets it), or name a folder.',
    },
  );
}
