import { openSnapshot } from '../postgres/snapshot.ts';
import type { BackupInput } from './backup-input.ts';
import { forecastRun, type Forecast } from './forecast.ts';
import { readLineage } from './lineage.ts';
import { planRun } from './plan-run.ts';
import { readLeftovers } from './resume.ts';
import { openSource } from './source.ts';
import type { TablePlan } from './table-plan.ts';

/** What a run would do now, and what that would cost. */
export interface BackupPlan {
  readonly tables: readonly TablePlan[];
  readonly forecast: Forecast;
}

/** The plan that a run would carry out now. Takes no lock, and writes nothing anywhere. */
export async function planBackup(input: BackupInput): Promise<BackupPlan> {
  const { store, settings, reporter, signal } = input;
  const source = await openSource(input.target, 'plan', signal);
  try {
    const lineage = await readLineage(store, source.identity, settings.full, signal);
    const snapshot = await openSnapshot(source.session);
    const parts = { store, source, snapshot, lineage, full: settings.full, reporter, signal };
    const leftovers = await readLeftovers(settings.checkpointFile, parts);
    const { tables } = await planRun(input, source, snapshot, lineage, leftovers);
    return { tables, forecast: forecastRun(tables, settings, lineage.manifest?.statistics) };
  } finally {
    await source.session.close();
  }
}
