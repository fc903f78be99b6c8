import { resolve } from 'node:path';
import { BackupError } from '../../core/errors.ts';
import { flagOf } from '../../config/options.ts';
import type { RetentionPolicy } from '../../retention/policy.ts';
import { dryRunPrune, runPrune } from '../../retention/prune/prune.ts';
import type { PruneInput, PruneResult } from '../../retention/prune/prune-input.ts';
import type { CommandContext, RunCommand } from '../command.ts';
import { storeOf } from '../connections.ts';
import { renderPrune, summarizePrune } from '../render-prune.ts';

/** Removes what no rule keeps; with --dry-run, tells what would go and why. */
export const prune: RunCommand = async (context) => {
  const { settings, reporter, signal, host, startedAt, version } = context;
  const policy = policyOf(context);
  const store = await storeOf(context);
  const checkpointFile = resolve(host.folder, settings.checkpointFile);
  const input: PruneInput = {
    store,
    settings: { ...settings, policy, checkpointFile },
    reporter,
    signal,
    startedAt,
    version,
  };
  try {
    if (settings.dryRun) {
      const plan = await dryRunPrune(input);
      return { json: plan, text: renderPrune(plan) };
    }
    reporter.log('info', `🚀 Pruning ${store.url}...`);
    const result = await runPrune(input);
    tellRefused(result, context);
    reporter.log('info', '🎉 Pruning completed successfully!');
    reporter.log('info', summarizePrune(result));
    return { json: result, text: renderPrune(result) };
  } finally {
    store.close();
  }
};

const rules = [
  'keepLast',
  'keepHourly',
  'keepDaily',
  'keepWeekly',
  'keepMonthly',
  'keepYearly',
  'keepWithin',
] as const satisfies readonly (keyof RetentionPolicy)[];

/** @throws BackupError E_USAGE without any rule: nothing says what is to stay */
function policyOf({ settings }: CommandContext): RetentionPolicy {
  if (rules.every((rule) => settings[rule] === undefined)) {
    throw new BackupError('E_USAGE', 'prune needs a rule that says what to keep', {
      hint: `Pass at least one of ${rules.map(flagOf).join(', ')}.`,
    });
  }
  const { keepLast, keepHourly, keepDaily, keepWeekly, keepMonthly, keepYearly, keepWithin } = settings;
  return { keepLast, keepHourly, keepDaily, keepWeekly, keepMonthly, keepYearly, keepWithin };
}

function tellRefused({ refused }: PruneResult, { reporter }: CommandContext): void {
  const [first] = refused;
  if (!first) return;
  reporter.log('warn', `The store did not delete ${refused.length} objects yet, such as ${first.object}`, {
    reason: first.reason,
  });
}
