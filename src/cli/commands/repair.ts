import { resolve } from 'node:path';
import { errorCodes } from '../../core/error-codes.ts';
import { describeBounds } from '../../format/describe-bounds.ts';
import type { RepairResult } from '../../service/repair/repair-input.ts';
import { runRepair } from '../../service/repair/run.ts';
import type { RunCommand } from '../command.ts';
import { sourceOf, storeOf } from '../connections.ts';
import { formatCount, formatSeconds } from '../figures.ts';

/** Replaces damaged chunks of the newest restore point by others with the same rows. */
export const repair: RunCommand = async (context) => {
  const { settings, reporter, signal, host, startedAt, version } = context;
  const { maxWorkers, breakLock, dryRun } = settings;
  const store = await storeOf(context);
  try {
    reporter.log('info', `🚀 Looking for damage in the newest restore point of ${store.url}...`);
    const checkpointFile = resolve(host.folder, settings.checkpointFile);
    const result = await runRepair({
      store,
      source: await sourceOf(context),
      settings: { maxWorkers, checkpointFile, breakLock, dryRun },
      reporter,
      signal,
      startedAt,
      version,
    });
    reporter.log('info', summary(result));
    const exitCode = result.status === 'incomplete' ? errorCodes.E_VERIFY_DAMAGED.exit : 0;
    return { exitCode, json: result, text: render(result) };
  } finally {
    store.close();
  }
};

function summary(result: RepairResult): string {
  const { status, dryRun, manifest, parent, repaired, remaining, durationSeconds } = result;
  if (status === 'sound') return `✅ Sound: ${parent}, nothing to repair`;
  const ranges = (count: number) => `${formatCount(count)} ${count === 1 ? 'range' : 'ranges'}`;
  const facts = `${ranges(repaired.length)} ${dryRun ? 'can be repaired' : 'repaired'}, ${ranges(remaining.length)} not, ${formatSeconds(durationSeconds)}`;
  const point = manifest ?? `${parent}, unchanged`;
  return `${outcome(result)}: ${point} (${facts})`;
}

function outcome({ status, dryRun }: RepairResult): string {
  if (status === 'repaired') return dryRun ? '✅ Can be repaired' : '✅ Repaired';
  return dryRun ? '❌ Damage would be left' : '❌ Damage is left';
}

function render(result: RepairResult): string {
  const { dryRun, repaired, remaining, findings } = result;
  const done = dryRun ? 'can be repaired' : 'repaired';
  return [
    summary(result),
    ...repaired.map(
      ({ table, lo, hi, rows, replaces, from }) =>
        `  ${done}  ${table} ${describeBounds({ lo, hi })}, ${formatCount(rows)} rows, from ${from === 'source' ? 'the source' : from}\n      instead of ${replaces.join(', ')}`,
    ),
    ...remaining.map(
      ({ table, lo, hi, rows, chunks, reason }) =>
        `  not repaired  ${table} ${describeBounds({ lo, hi })}, ${formatCount(rows)} rows: ${reason}\n      ${chunks.join(', ')}`,
    ),
    ...findings.map(({ code, object, detail }) => `  ${code}  ${object}\n      ${detail}`),
    ...(remaining.length > 0 && !dryRun
      ? ['The next backup reads these ranges anew; older restore points may still hold their rows.']
      : []),
    ...(dryRun && repaired.length + remaining.length > 0
      ? ['Dry run: nothing was written, and the damage is still there.']
      : []),
  ].join('\n');
}
