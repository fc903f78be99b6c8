import { flagsFor, handedOnOfStore } from '../../config/flags-for.ts';
import { errorCodes } from '../../core/error-codes.ts';
import { runDrill } from '../../service/drill/run.ts';
import type { CommandOutcome, RunCommand } from '../command.ts';
import { storeOf, targetOf } from '../connections.ts';
import { renderDrill } from '../render-drill.ts';
import type { DrillResult } from '../../service/drill/drill-input.ts';

/** Faults on purpose in a prefix and a database that are thrown away. Exit status 1 when an exercise failed. */
export const drill: RunCommand = async (context) => {
  const { settings, isGiven, host, reporter, signal, startedAt } = context;
  const result = await runDrill({
    storeUrl: settings.store,
    openStore: (url) => storeOf({ ...context, settings: { ...settings, store: url } }),
    scratchUrl: settings.scratchUrl,
    databaseUrl: settings.databaseUrl,
    tables: settings.table,
    resolve: (url) => targetOf(context, url),
    flagsFor: (command) => flagsFor(command, handedOnOfStore, settings, isGiven),
    environment: host.environment,
    only: settings.exercise?.split(',') ?? [],
    startedAt,
    reporter,
    signal,
  });
  return outcome(result);
};

function outcome(result: DrillResult): CommandOutcome {
  const text = renderDrill(result);
  const failed = result.exercises.filter(({ verdict }) => verdict === 'failed').map(({ id }) => id);
  if (failed.length === 0) return { json: result, text };
  const { exit, remedy } = errorCodes.E_DRILL_FAILED;
  const error = { code: 'E_DRILL_FAILED', message: `failed: ${failed.join(', ')}`, hint: remedy };
  return { exitCode: exit, json: { ...result, error }, text };
}
