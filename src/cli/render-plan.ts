import { rowsToShip, type RangeStep, type TablePlan } from '../backup/table-plan.ts';
import type { CommandOutcome } from './command.ts';
import { formatBytes, formatCount, formatTable } from './figures.ts';

/** A plan for people and as JSON: what would be shipped, and why. */
export function renderPlans(plans: readonly TablePlan[]): CommandOutcome {
  const tables = plans.map((plan) => {
    const rowsShipped = plan.steps.reduce((sum, step) => sum + rowsToShip(step), 0);
    return {
      table: `${plan.definition.schema}.${plan.definition.name}`,
      rows: plan.rows,
      rangeKind: plan.rangeKind,
      rangeReason: plan.rangeReason,
      rangesReused: countOf(plan, 'reuse'),
      rangesPatched: countOf(plan, 'patch'),
      rangesShipped: countOf(plan, 'base'),
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
    'Dry run: nothing was written.',
  ];
  return { json: { status: 'completed', dryRun: true, tables }, text: text.join('\n') };
}

function countOf(plan: TablePlan, kind: RangeStep['kind']): number {
  return plan.steps.filter((step) => step.kind === kind).length;
}

function reasonsOf(steps: readonly RangeStep[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { kind, reason } of steps) {
    const name = `${kind}: ${reason}`;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}
