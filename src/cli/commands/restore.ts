import type { RestoreInput, RestoreResult } from '../../restore/restore-input.ts';
import { dryRunRestore, runRestore } from '../../restore/run.ts';
import type { CommandContext, RunCommand } from '../command.ts';
import { storeOf, targetOf } from '../connections.ts';
import { formatCount, formatSeconds, formatTable } from '../figures.ts';
import { renderRestorePlan } from '../render-restore-plan.ts';

/** Restores tables of a restore point; with --dry-run, the plan that it would carry out. */
export const restore: RunCommand = async (context) => {
  const { settings, isFlag, reporter, signal, startedAt } = context;
  const targetUrl = settings.targetUrl ?? settings.databaseUrl;
  const store = await storeOf(context);
  const input: RestoreInput = {
    target: await targetOf(context, targetUrl),
    targetUrl,
    store,
    settings: {
      at: settings.at,
      tables: isFlag('table') ? settings.table : undefined,
      into: settings.into,
      whereKey: settings.whereKey,
      clean: settings.clean,
      owner: settings.owner,
      grants: settings.grants,
      maxWorkers: settings.maxWorkers,
      // What a config file says is meant to spare the source of backups: it must not slow a restore down unasked.
      maxRate: isFlag('maxRate') ? settings.maxRate : undefined,
    },
    reporter,
    signal,
    startedAt,
  };
  try {
    if (settings.dryRun) return renderRestorePlan(await dryRunRestore(input), store, settings.clean);
    reporter.log('info', `🚀 Starting restore from ${store.url}...`);
    const result = await runRestore(input);
    logResult(context, result);
    return { json: result, text: summary(result) };
  } finally {
    store.close();
  }
};

function logResult({ reporter }: CommandContext, result: RestoreResult): void {
  reporter.log('info', '🎉 Restore completed successfully!');
  const rows = result.tables.reduce((sum, table) => sum + table.rows, 0);
  reporter.log(
    'info',
    `Final Statistics: ${result.tables.length} tables, ${formatCount(rows)} rows, ${formatSeconds(result.durationSeconds)}`,
  );
}

function summary({ manifest, tables, durationSeconds }: RestoreResult): string {
  const lines = tables.map(({ table, rows, digest }) => [table, formatCount(rows), digest]);
  const rescued = tables.flatMap(({ table, rows, part }) =>
    part
      ? [
          `Rescued into ${table}: ${formatCount(rows)} rows where ${part.text}, from ${part.rangesFetched} of ${part.ranges} ranges (${formatCount(part.rowsFetched)} rows)`,
        ]
      : [],
  );
  return [
    `Restored ${manifest} in ${formatSeconds(durationSeconds)}`,
    ...rescued,
    formatTable([['table', 'rows', 'content digest (read back, equal)'], ...lines]),
  ].join('\n');
}
