import { resolve } from 'node:path';
import type { CompactInput, CompactResult } from '../../retention/compact-input.ts';
import type { TableCompaction } from '../../retention/compact-table.ts';
import { dryRunCompact, runCompact } from '../../retention/compact.ts';
import type { CommandOutcome, RunCommand } from '../command.ts';
import { storeOf } from '../connections.ts';
import { formatBytes, formatCount, formatSeconds, formatTable } from '../figures.ts';

/** Merges small ranges of the newest restore point; with --dry-run, the plan that would be carried out. */
export const compact: RunCommand = async (context) => {
  const { settings, isFlag, reporter, signal, host, startedAt, version } = context;
  const { chunkSize, chunkBytes, compression, maxWorkers, breakLock } = settings;
  const store = await storeOf(context);
  const input: CompactInput = {
    store,
    settings: {
      tables: isFlag('table') ? settings.table : undefined,
      chunkSize,
      chunkBytes,
      compression,
      maxWorkers,
      breakLock,
      checkpointFile: resolve(host.folder, settings.checkpointFile),
    },
    reporter,
    signal,
    startedAt,
    version,
  };
  try {
    if (settings.dryRun) return renderPlan(await dryRunCompact(input));
    reporter.log('info', `🚀 Compacting the newest restore point of ${store.url}...`);
    const result = await runCompact(input);
    reporter.log('info', '🎉 Compaction completed successfully!');
    reporter.log('info', summary(result));
    return { json: result, text: renderResult(result) };
  } finally {
    store.close();
  }
};

function renderPlan(plans: readonly TableCompaction[]): CommandOutcome {
  const tables = plans
    .filter(({ groups }) => groups.length > 0)
    .map(({ table, groups }) => {
      const merged = groups.reduce((sum, { ranges }) => sum + ranges.length, 0);
      return {
        table: `${table.schema}.${table.name}`,
        ranges: table.ranges.length,
        rangesAfter: table.ranges.length - merged + groups.length,
        rowsToRewrite: groups.reduce((sum, { rows }) => sum + rows, 0),
        estimatedBytes: groups.reduce((sum, { copyBytes }) => sum + copyBytes, 0),
        groups: groups.map(({ ranges, reason, rows, copyBytes }) => ({
          lo: ranges[0]?.lo ?? null,
          hi: ranges.at(-1)?.hi ?? null,
          ranges: ranges.length,
          rows,
          estimatedBytes: copyBytes,
          reason,
        })),
      };
    });
  const json = { status: 'completed', dryRun: true, tables };
  if (tables.length === 0) return { json, text: nothingToDo };
  const head = ['table', 'ranges', 'afterwards', 'rows to rewrite', 'bytes (est.)'];
  const lines = tables.map((table) => [
    table.table,
    formatCount(table.ranges),
    formatCount(table.rangesAfter),
    formatCount(table.rowsToRewrite),
    formatBytes(table.estimatedBytes),
  ]);
  const reasons = tables.flatMap(({ table, groups }) =>
    Object.entries(Object.groupBy(groups, ({ reason }) => reason)).map(
      ([reason, those = []]) => `  ${table}: ${formatCount(those.length)} × ${reason}`,
    ),
  );
  const text = [formatTable([head, ...lines]), '', 'New ranges and reasons:', ...reasons, '', dryRunEnd];
  return { json, text: text.join('\n') };
}

const nothingToDo = 'Nothing to compact.';
const dryRunEnd = 'Dry run: nothing was written.';

function renderResult(result: CompactResult): string {
  if (result.manifest === null) return nothingToDo;
  const head = ['table', 'rows', 'rewritten', 'ranges before', 'after', 'chunks before', 'after'];
  const lines = result.tables.map((table) => [
    table.table,
    formatCount(table.rows),
    formatCount(table.rowsRewritten),
    formatCount(table.rangesBefore),
    formatCount(table.rangesAfter),
    formatCount(table.chunksBefore),
    formatCount(table.chunksAfter),
  ]);
  return [`Restore point ${result.manifest}`, formatTable([head, ...lines]), summary(result)].join('\n');
}

function summary(result: CompactResult): string {
  if (result.manifest === null) return nothingToDo;
  return [
    `${formatCount(result.rowsRewritten)} rows rewritten`,
    `${formatCount(result.chunksWritten)} chunks written`,
    `${formatBytes(result.bytesUploaded)} uploaded`,
    formatSeconds(result.durationSeconds),
    `peak memory ${formatBytes(result.peakRssBytes)}`,
  ].join(', ');
}
