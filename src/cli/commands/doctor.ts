import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { defaultConfigFile } from '../../config/options.ts';
import { errorCodes } from '../../core/error-codes.ts';
import type { Check, CheckStatus } from '../../service/doctor/check.ts';
import type { FolderToCheck } from '../../service/doctor/doctor-input.ts';
import { runDoctor } from '../../service/doctor/run.ts';
import { parseStoreUrl } from '../../store/store-url.ts';
import type { CommandContext, CommandOutcome, RunCommand } from '../command.ts';
import { sourceOf, storeOf } from '../connections.ts';

/** Who asks what is wrong wants to know soon: no minute of patience as a run has. */
const fewRetries = { retries: 2, minWaitMs: 250, maxWaitMs: 1000 };

/** Checks everything a backup needs. Exit status 1 when a check failed; warnings do not count. */
export const doctor: RunCommand = async (context) => {
  const { settings, host, signal } = context;
  const path = settings.config ?? defaultConfigFile;
  const target = await sourceOf(context);
  const store = await storeOf(context, fewRetries);
  try {
    const checks = await runDoctor({
      target,
      store,
      tables: settings.table,
      configFile: { path, found: existsSync(resolve(host.folder, path)) },
      folders: foldersOf(context),
      signal,
    });
    return outcome(checks);
  } finally {
    store.close();
  }
};

function foldersOf({ settings, host }: CommandContext): FolderToCheck[] {
  const location = parseStoreUrl(settings.store);
  return [
    {
      name: 'checkpoint folder',
      folder: dirname(resolve(host.folder, settings.checkpointFile)),
      option: '--checkpoint-file',
    },
    { name: 'log folder', folder: resolve(host.folder, settings.logDir), option: '--log-dir' },
    ...(location.kind === 'file'
      ? [{ name: 'store folder', folder: location.folder, option: '--store' }]
      : []),
  ];
}

function outcome(checks: readonly Check[]): CommandOutcome {
  const failures = count(checks, 'fail');
  const summary = `${failures} failed, ${count(checks, 'warning')} warnings, ${count(checks, 'pass')} passed, ${count(checks, 'skipped')} skipped`;
  const text = [...checks.map((check) => render(check, checks)), '', summary].join('\n');
  if (failures === 0) return { json: { status: 'ok', checks }, text };
  const { exit, remedy } = errorCodes.E_DOCTOR;
  const names = checks.filter(({ status }) => status === 'fail').map(({ name }) => name);
  const error = { code: 'E_DOCTOR', message: `failed: ${names.join(', ')}`, hint: remedy };
  return { exitCode: exit, json: { status: 'failed', checks, error }, text };
}

const marks: Readonly<Record<CheckStatus, string>> = { pass: '✓', fail: '✗', warning: '!', skipped: '-' };

/** `✓ pass     database        …`, and below it what to do. */
function render({ name, status, detail, remedy }: Check, all: readonly Check[]): string {
  const width = Math.max(...all.map((check) => check.name.length));
  const line = `${marks[status]} ${status.padEnd(7)}  ${name.padEnd(width)}  ${detail}`;
  return remedy === null ? line : `${line}\n${' '.repeat(width + 13)}→ ${remedy}`;
}

function count(checks: readonly Check[], status: CheckStatus): number {
  return checks.filter((check) => check.status === status).length;
}
