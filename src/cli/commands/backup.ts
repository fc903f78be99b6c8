import { planBackup } from '../../backup/dry-run.ts';
import type { BackupInput } from '../../backup/backup-input.ts';
import type { BackupResult } from '../../backup/backup-result.ts';
import { runBackup } from '../../backup/run.ts';
import type { CommandContext, RunCommand } from '../command.ts';
import { sourceOf, storeOf } from '../connections.ts';
import { formatBytes, formatCount, formatSeconds } from '../figures.ts';
import { renderPlan } from '../render-plan.ts';

/** One run; with --dry-run the plan that it would carry out. */
export const backup: RunCommand = async (context) => {
  const { settings, reporter, signal, startedAt, version } = context;
  const store = await storeOf(context);
  const input: BackupInput = {
    target: await sourceOf(context),
    databaseUrl: settings.databaseUrl,
    store,
    settings: { ...settings, tables: settings.table },
    reporter,
    signal,
    startedAt,
    version,
  };
  try {
    if (settings.dryRun) return renderPlan(await planBackup(input));
    reporter.log('info', '🚀 Starting incremental database backup...', {});
    reporter.log('info', `Store ${store.url}, tables ${settings.table.join(', ')}`);
    const result = await runBackup(input);
    logResult(context, result);
    return { json: result, text: summary(context, result) };
  } finally {
    store.close();
  }
};

function logResult({ reporter }: CommandContext, result: BackupResult): void {
  for (const table of result.tables) {
    reporter.log(
      'info',
      `${table.table}: ${formatCount(table.rows)} rows, ${formatCount(table.rowsShipped)} shipped`,
    );
  }
  reporter.log('info', '🎉 Backup completed successfully!');
  reporter.log('info', `Final Statistics: ${statistics(result)}`);
  reporter.log('info', workers(result));
  reporter.log('info', `Restore point: ${result.manifest}`);
  compareForecast(reporter, result);
}

/** Smaller runs than this are off by their start alone. */
const leastToCompare = 16 * 1024 * 1024;

function compareForecast(reporter: CommandContext['reporter'], result: BackupResult): void {
  const { forecast, bytesUploaded, durationSeconds } = result;
  const { put, get, list } = forecast.requests;
  const stored = `${formatBytes(bytesUploaded)} stored (forecast ${formatBytes(forecast.storedBytes)})`;
  const requests = `${formatCount(result.requests)} requests (${formatCount(put + get + list)})`;
  const seconds = `${formatSeconds(durationSeconds)} (${formatSeconds(forecast.seconds)})`;
  reporter.log('info', `Outcome and forecast: ${stored}, ${requests}, ${seconds}`);
  const [less, more] = [bytesUploaded, forecast.storedBytes].sort((a, b) => a - b);
  if (less === undefined || more === undefined || more < leastToCompare || more <= 2 * less) return;
  reporter.log(
    'warn',
    'The forecast was off by more than half: rows of this run have another size than those before',
  );
}

function statistics(result: BackupResult): string {
  const rows = result.tables.reduce((sum, table) => sum + table.rows, 0);
  return [
    `${formatCount(result.chunksWritten)} chunks`,
    `${formatCount(rows)} ${result.tables.length === 1 && result.tables[0]?.table.endsWith('.articles') ? 'articles' : 'rows'}`,
    `${formatCount(result.rowsShipped)} shipped`,
    formatBytes(result.bytesUploaded),
    formatSeconds(result.durationSeconds),
    `${formatCount(Math.round(result.articlesPerSecond))}/sec`,
    `peak memory ${formatBytes(result.peakRssBytes)}`,
    `${result.retries} retries`,
  ].join(', ');
}

function workers({ workers: { max, used, least, last, changes }, throttled }: BackupResult): string {
  const adapted = changes > 0 ? `, between ${least} and ${max} allowed, ${last} at the end` : '';
  const asked = throttled > 0 ? `; the store asked ${formatCount(throttled)} times for fewer requests` : '';
  return `Workers: ${used} of ${max}${adapted}${asked}`;
}

function summary({ settings }: CommandContext, result: BackupResult): string {
  return [
    `Restore point ${result.manifest}`,
    statistics(result),
    `Prove it: storydredge-backup verify --deep --store ${settings.store}`,
  ].join('\n');
}
