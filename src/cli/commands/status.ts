import { resolve } from 'node:path';
import type { BackupInput } from '../../backup/backup-input.ts';
import { silentReporter } from '../../core/events.ts';
import { BackupError } from '../../core/errors.ts';
import { readStatus, type Status } from '../../service/status/read-status.ts';
import type { MeasuredStore } from '../../store/with-measure.ts';
import { formatAge } from '../age.ts';
import type { CommandContext, RunCommand } from '../command.ts';
import { sourceOf, storeOf } from '../connections.ts';
import { renderStatus } from '../render-status.ts';

/** With --max-age an old newest restore point is a failed check: exit 1, with all figures in the result. */
export const status: RunCommand = async (context) => {
  const { settings, host, signal } = context;
  const store = await storeOf(context);
  try {
    const found = await readStatus({
      store,
      openInput: () => inputOf(context, store),
      checkpointFile: resolve(host.folder, settings.checkpointFile),
      logDir: resolve(host.folder, settings.logDir),
      logName: 'incremental_db_backup',
      maxAge: settings.maxAge,
      now: host.now(),
      signal,
    });
    const text = renderStatus(found);
    const { isTooOld, ...figures } = found;
    if (!isTooOld) return { json: { status: 'ok', ...figures }, text };
    const { code, message, hint, exit } = tooOld(found, settings.maxAge ?? 0);
    return {
      exitCode: exit,
      json: { status: 'failed', error: { code, message, hint }, ...figures },
      text: `${text}\n\nERROR ${code}: ${message}\nhint: ${hint}`,
    };
  } finally {
    store.close();
  }
};

/** What a backup with these settings would be given; its plan is made in silence. */
async function inputOf(context: CommandContext, store: MeasuredStore): Promise<BackupInput> {
  const { settings, host, signal, startedAt, version } = context;
  return {
    target: await sourceOf(context),
    databaseUrl: settings.databaseUrl,
    store,
    settings: {
      ...settings,
      tables: settings.table,
      checkpointFile: resolve(host.folder, settings.checkpointFile),
    },
    reporter: silentReporter,
    signal,
    startedAt,
    version,
  };
}

function tooOld({ newest, store }: Status, maxAge: number): BackupError {
  const limit = formatAge(maxAge / 1000);
  const message = newest
    ? `the newest restore point is ${formatAge(newest.ageSeconds)} old, more than ${limit}`
    : `${store} holds no restore point that can be read`;
  return new BackupError('E_BACKUP_TOO_OLD', message);
}
