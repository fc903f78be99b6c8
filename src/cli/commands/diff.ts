import { changeLines } from '../../diff/change-lines.ts';
import type { ComparedTable } from '../../diff/compared-table.ts';
import type { DiffInput, DiffResult, TableDiff } from '../../diff/diff-input.ts';
import type { RowChange } from '../../diff/match-rows.ts';
import { runDiff } from '../../diff/run.ts';
import { BackupError } from '../../core/errors.ts';
import { formatOf } from '../choose-format.ts';
import type { CommandContext, CommandOutcome, RunCommand } from '../command.ts';
import { storeOf, targetOf } from '../connections.ts';
import { formatCount, formatSeconds, formatTable } from '../figures.ts';
import { renderChanges } from '../render-changes.ts';
import { OutputClosed, writeRows } from '../row-output.ts';

const formats = ['count', 'table', 'jsonl'] as const;
type DiffFormat = (typeof formats)[number];
/** Rows that are written at once. */
const batchRows = 500;

/** What differs between two restore points, or a restore point and a database: counted, or row by row. */
export const diff: RunCommand = async (context) => {
  const { settings, isFlag, isGiven, reporter, signal } = context;
  const { against } = settings;
  const format = formatOf(settings.format, 'diff', formats);
  if (format !== 'count' && settings.json) throw mixed(format);
  if (against && isFlag('to')) throw twoEnds();
  const store = await storeOf(context);
  const take = takerOf(format, context);
  const input: DiffInput = {
    store,
    at: isGiven('at') ? settings.at : undefined,
    to: against
      ? { kind: 'database', target: await targetOf(context, against) }
      : { kind: 'point', at: settings.to },
    tables: isFlag('table') ? settings.table : undefined,
    maxWorkers: settings.maxWorkers,
    ...(take ? { take } : {}),
    reporter,
    signal,
  };
  try {
    const result = await runDiff(input);
    reporter.log('info', summary(result));
    return outcomeOf(result, format, settings.exitCode);
  } catch (error) {
    if (!(error instanceof OutputClosed)) throw error;
    return { json: {}, text: '' };
  } finally {
    store.close();
  }
};

function takerOf(format: DiffFormat, { host }: CommandContext): DiffInput['take'] {
  if (format === 'count') return undefined;
  const render = format === 'jsonl' ? changeLines : renderChanges;
  let last: ComparedTable | undefined;
  return async (table: ComparedTable, changes: readonly RowChange[]) => {
    if (format === 'table' && table !== last) await writeRows(host.stdout, `${table.name}\n`);
    last = table;
    for (let first = 0; first < changes.length; first += batchRows) {
      await writeRows(host.stdout, render(table, changes.slice(first, first + batchRows)));
    }
  };
}

function outcomeOf(result: DiffResult, format: DiffFormat, withStatus: boolean): CommandOutcome {
  const exitCode = withStatus && !result.equal ? 1 : 0;
  return { exitCode, json: result, text: format === 'jsonl' ? '' : render(result) };
}

function render(result: DiffResult): string {
  const head = ['table', 'inserted', 'updated', 'deleted', 'ranges read', 'skipped as equal', ''];
  const lines = result.tables.map((table) => [
    table.table,
    formatCount(table.inserted),
    formatCount(table.updated),
    formatCount(table.deleted),
    formatCount(table.rangesRead),
    formatCount(table.rangesSkipped),
    remarkOf(table),
  ]);
  return [`From ${result.from}`, `to   ${result.to}`, formatTable([head, ...lines]), summary(result)].join(
    '\n',
  );
}

function remarkOf({ state, rowsBefore, rowsAfter, matchedBy, differences }: TableDiff): string {
  if (state === 'dropped') return `only in the first, ${formatCount(rowsBefore ?? 0)} rows`;
  if (state === 'added') return `only in the second, ${formatCount(rowsAfter ?? 0)} rows`;
  const byContent = matchedBy === 'content' ? ['told by content'] : [];
  return [...byContent, ...differences].join('; ');
}

function summary({ equal, tables, durationSeconds }: DiffResult): string {
  const sum = (count: (table: TableDiff) => number) =>
    formatCount(tables.reduce((total, table) => total + count(table), 0));
  const skipped = sum((table) => table.rangesSkipped);
  const read = sum((table) => table.rangesRead);
  const cost = `${read} ranges read, ${skipped} skipped as equal, ${formatSeconds(durationSeconds)}`;
  if (equal) return `Nothing differs (${cost})`;
  const rows = `${sum((table) => table.inserted)} rows inserted, ${sum((table) => table.updated)} updated, ${sum((table) => table.deleted)} deleted`;
  return `${rows} (${cost})`;
}

function mixed(format: DiffFormat): BackupError {
  return new BackupError(
    'E_USAGE',
    `--json prints its result on standard output, where --format ${format} prints rows`,
    {
      hint: 'Leave --json out for rows, or --format for counts as JSON.',
    },
  );
}

function twoEnds(): BackupError {
  return new BackupError('E_USAGE', '--to names a restore point to compare with, and --against a database', {
    hint: 'Give one of them.',
  });
}
