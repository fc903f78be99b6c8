import type { Reporter } from '../core/events.ts';
import { displayName, type RestorePlan, type TargetTable } from './restore-plan.ts';
import type { SourceTable } from './source-tables.ts';

/** Says in the log what the plan does, and what it cannot keep. */
export function reportPlan({ point, database, tables }: RestorePlan, reporter: Reporter): void {
  reporter.log('info', `Restoring ${point.reference.key} into database ${database}`);
  for (const { source, target, action, reason, holdsRows, part } of tables) {
    const name = displayName(target);
    reporter.log('info', `${name}: ${action} (${reason}), ${source.rows} rows`);
    if (part) {
      const why = part.reason === undefined ? '' : `, because ${part.reason}`;
      const fetched = `${part.rangesFetched} of ${part.ranges} ranges can hold rows where ${part.text}${why}`;
      reporter.log('info', `${fetched}: ${part.rowsFetched} rows are fetched`);
    }
    if (action === 'replace') {
      reporter.log('warn', `${name} is dropped and created anew: its grants, triggers and comments are lost`);
    } else if (holdsRows) {
      reporter.log('warn', `The rows that ${name} holds now are replaced`);
    }
    if (action === 'fill') continue;
    if (source.relations.length > 1) {
      reporter.log('warn', `${displayName(source)} was partitioned; it is restored as one table`);
    }
    reportLost(source, target, reporter);
  }
}

/** What a table loses that is restored without what was above it. */
function reportLost(source: SourceTable, target: TargetTable, reporter: Reporter): void {
  const name = displayName(target);
  if (source.partitionOf && !target.partitionOf) {
    const parent = displayName(source.partitionOf);
    reporter.log(
      'warn',
      `${name} was a partition of ${parent}, which is not restored: it becomes a table of its own`,
    );
  }
  if (target.inherits.length < source.inherits.length) {
    const parents = source.inherits.map(displayName).join(', ');
    reporter.log(
      'warn',
      `${name} inherited from ${parents}: not all of them are restored, and it has their columns of its own`,
    );
  }
}
