import type { Reporter } from '../core/events.ts';
import { displayName, type RestorePlan } from './restore-plan.ts';

/** Says in the log what the plan does, and what it cannot keep. */
export function reportPlan({ point, database, tables }: RestorePlan, reporter: Reporter): void {
  reporter.log('info', `Restoring ${point.reference.key} into database ${database}`);
  for (const { source, target, action, reason, holdsRows } of tables) {
    const name = displayName(target);
    reporter.log('info', `${name}: ${action} (${reason}), ${source.rows} rows`);
    if (action === 'replace') {
      reporter.log('warn', `${name} is dropped and created anew: its grants, triggers and comments are lost`);
    } else if (holdsRows) {
      reporter.log('warn', `The rows that ${name} holds now are replaced`);
    }
    if (!source.relations.includes(source.oid) && action !== 'fill') {
      reporter.log('warn', `${displayName(source)} was partitioned; it is restored as one table`);
    }
  }
}
