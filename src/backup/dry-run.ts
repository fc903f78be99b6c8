import { shareRate } from '../core/rate-limit.ts';
import { openSnapshot } from '../postgres/snapshot.ts';
import type { BackupInput } from './backup-input.ts';
import { forecastRun, type Forecast } from './forecast.ts';
import { readLineage } from './lineage.ts';
import { planRun } from './plan-run.ts';
import { readSessions } from './read-server.ts';
import { openSource } from './source.ts';
import { survey } from './survey.ts';
import type { TablePlan } from './table-plan.ts';

/** What a run would do now, and what that would cost. */
export interface BackupPlan {
  readonly tables: readonly TablePlan[];
  readonly forecast: Forecast;
}

/** The plan that a run would carry out now. Takes no lock, and writes nothing anywhere. */
export async function planBackup(input: BackupInput): Promise<BackupPlan> {
  const { store, settings, signal } = input;
  const source = await openSource(input.target, 'plan', signal);
  const sessions = readSessions({ databaseUrl: input.databaseUrl?.reveal() });
  try {
    const found = await survey(input, source, {
      lineage: readLineage(store, source.identity, settings.full, signal),
      takeSnapshot: () => openSnapshot(source.session),
      isAlone: false,
      sessions,
      rate: settings.maxRate === undefined ? undefined : shareRate(settings.maxRate),
    });
    const { tables } = await planRun(input, source, found);
    return { tables, forecast: forecastRun(tables, settings, found.lineage.manifest?.statistics) };
  } finally {
    await Promise.all([sessions.close(), source.session.close()]);
  }
}
