import type { BackupPlan } from '../backup/dry-run.ts';
import type { Forecast } from '../backup/forecast.ts';
import { rowsToShip, type RangeStep } from '../backup/range-steps.ts';
import type { CommandOutcome } from './command.ts';
import { formatBytes, formatCount, formatSeconds, formatTable } from './figures.ts';

/** A plan for people and as JSON: what would be shipped, why, and at what cost. */
export function renderPlan({ tables: plans, forecast }: BackupPlan): CommandOutcome {
  const tables = plans.map((plan) => {
    const rowsShipped = plan.steps.changed.reduce((sum, step) => sum + rowsToShip(step), 0);
    return {
      table: `${plan.definition.schema}.${plan.definition.name}`,
      rows: plan.rows,
      rangeKind: plan.rangeKind,
      rangeReason: plan.rangeReason,
      rangesReused: plan.steps.count('reuse'),
      rangesPatched: plan.steps.count('patch'),
      rangesShipped: plan.steps.count('base'),
      rowsShipped,
      estimatedBytes: Math.round(rowsShipped * plan.rowBytes),
      reasons: reasonsOf(plan.steps),
    };
  });
  const head = ['table', 'rows', 'to ship', 'bytes (est.)', 'unchanged', 'patched', 'shipped', 'ranges'];
  const lines = tables.map((table) => [
    table.table,
    formatCount(table.rows),
    formatCount(table.rowsShipped),
    formatBytes(table.estimatedBytes),
    String(table.rangesReused),
    String(table.rangesPatched),
    String(table.rangesShipped),
    `${table.rangeKind}: ${table.rangeReason}`,
  ]);
  const reasons = tables.flatMap(({ table, reasons: counts }) =>
    Object.entries(counts).map(([reason, count]) => `  ${table}: ${formatCount(count)} × ${reason}`),
  );
  const text = [
    formatTable([head, ...lines]),
    '',
    'Ranges and reasons:',
    ...reasons,
    '',
    ...describeForecast(forecast),
    '',
    'Dry run: nothing was written.',
  ];
  return { json: { status: 'completed', dryRun: true, tables, forecast }, text: text.join('\n') };
}

function describeForecast(forecast: Forecast): string[] {
  const { copyBytes, storedBytes, chunks, requests, requestDollars, rate, rateFrom } = forecast;
  const { put, get, list } = requests;
  const from = rateFrom === 'default' ? 'a default; a run that ships more tells better' : 'as the last run';
  return [
    'Forecast:',
    `  ${formatBytes(copyBytes)} to read, ${formatBytes(storedBytes)} to store in ${formatCount(chunks)} chunks`,
    `  ${formatCount(put)} PUT, ${formatCount(get)} GET, ${list} LIST: ${requestDollars.toFixed(4)} US dollars at the list price of S3`,
    `  ${formatSeconds(forecast.seconds)}, snapshot held ${formatSeconds(forecast.snapshotSeconds)}, at ${formatBytes(rate)}/s (${from})`,
  ];
}

function reasonsOf(steps: Iterable<RangeStep>): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { kind, reason } of steps) {
    const name = `${kind}: ${reason}`;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}
