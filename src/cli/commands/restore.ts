import { errorCodes } from '../../core/error-codes.ts';
import { describeLost } from '../../restore/damaged/lost-rows.ts';
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
      skipDamaged: settings.skipDamaged,
      fast: settings.fast,
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
    const exitCode = result.status === 'completed' ? 0 : errorCodes.E_RESTORE_INCOMPLETE.exit;
    return { exitCode, json: result, text: summary(result) };
  } finally {
    store.close();
  }
};

function logResult({ reporter }: CommandContext, result: RestoreResult): void {
  if (result.status === 'completed') reporter.log('info', '🎉 Restore completed successfully!');
  else reporter.log('error', `E_RESTORE_INCOMPLETE: ${missingOf(result)}`);
  const rows = result.tables.reduce((sum, table) => sum + table.rows, 0);
  reporter.log(
    'info',
    `Final Statistics: ${result.tables.length} tables, ${formatCount(rows)} rows, ${formatSeconds(result.durationSeconds)}`,
  );
}

/** `1,000 rows in 1 range of 1 table are missing` */
function missingOf({ missing }: RestoreResult): string {
  const counted = (count: number, noun: string) => `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
  const rows = missing.reduce((sum, lost) => sum + lost.rows, 0);
  const tables = new Set(missing.map(({ table }) => table)).size;
  return `${counted(rows, 'row')} in ${counted(missing.length, 'range')} of ${counted(tables, 'table')} ${rows === 1 ? 'is' : 'are'} missing`;
}

/** What is not as it was in the restore point. */
function damageLines(result: RestoreResult): string[] {
  if (result.status === 'completed') return [];
  const keys = result.unprovedForeignKeys.map(({ table, name, state }) =>
    state === 'not valid'
      ? `  Foreign key ${name} of ${table} does not hold without them: it was added as NOT VALID`
      : `  Foreign key ${name} of ${table} was left out`,
  );
  return [
    `❌ Incomplete: ${missingOf(result)}`,
    ...result.missing.map((lost) => `  ${describeLost(lost)}`),
    ...keys,
  ];
}

function summary(result: RestoreResult): string {
  const { manifest, tables, durationSeconds } = result;
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
    ...damageLines(result),
    ...rescued,
    formatTable([['table', 'rows', 'content digest (read back, equal)'], ...lines]),
  ].join('\n');
}
