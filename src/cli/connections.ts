import type { Settings } from '../config/options.ts';
import { resolveConnection } from '../postgres/resolve-connection.ts';
import type { ConnectionTarget } from '../postgres/connection-target.ts';
import { openStore } from '../store/open-store.ts';
import { defaultMaxConnections, timeoutsFor } from '../store/store-settings.ts';
import type { MeasuredStore } from '../store/with-measure.ts';
import { messageOf } from '../core/errors.ts';
import type { RetryPolicy } from '../core/retry.ts';
import type { CommandContext } from './command.ts';

/** The source that the settings and the environment name; its passwords become unprintable. */
export async function sourceOf(context: CommandContext): Promise<ConnectionTarget> {
  return targetOf(context, context.settings.databaseUrl);
}

/** The database that a URL names, with what it leaves out from the environment. */
export async function targetOf(
  { host, protect }: CommandContext,
  databaseUrl: Settings['databaseUrl'],
): Promise<ConnectionTarget> {
  const target = await resolveConnection({ databaseUrl }, host.environment);
  for (const { password } of target.endpoints) if (password) protect(password.reveal());
  return target;
}

/** The store that the settings name. Each failed try that is followed by another is a warning in the log. */
export async function storeOf(
  { settings, reporter }: CommandContext,
  retryPolicy?: RetryPolicy,
): Promise<MeasuredStore> {
  const { endpointUrl, region, s3Compat, sse, kmsKeyId, storageClass, acl, objectTags, maxWorkers } =
    settings;
  return openStore(settings.store, {
    endpointUrl,
    region,
    s3Compat,
    timeouts: timeoutsFor(settings.storeTimeout),
    sse,
    kmsKeyId,
    storageClass,
    acl,
    objectTags,
    maxConnections: Math.max(defaultMaxConnections, 2 * maxWorkers),
    retryPolicy,
    onRetry: (error, attempt) =>
      reporter.log('warn', `The store failed, trying again: ${messageOf(error)}`, { attempt }),
  });
}
