import { BackupError } from '../core/errors.ts';
import type { RetryPolicy } from '../core/retry.ts';
import { connect } from '../postgres/connect.ts';
import type { ConnectionTarget } from '../postgres/connection-target.ts';
import { refusedValueHint } from '../postgres/query-error.ts';
import type { Session } from '../postgres/session.ts';

/** A database that restarts gets a second; a wrong port is told soon. */
const connectRetry: RetryPolicy = { retries: 3, minWaitMs: 250, maxWaitMs: 2000 };

/** A session that writes to the target, with memory for building indexes. */
export async function openTarget(
  target: ConnectionTarget,
  purpose: string,
  signal?: AbortSignal,
): Promise<Session> {
  const session = await connect(target, { purpose, access: 'read-write', signal, retry: connectRetry });
  try {
    // In kB. A server that gives more knows what it has.
    await session.query(
      `SELECT pg_catalog.set_config(name, '128MB', false) FROM pg_catalog.pg_settings
        WHERE name = 'maintenance_work_mem' AND setting::int8 < 131072`,
    );
    return session;
  } catch (error) {
    await session.close();
    throw error;
  }
}

/** Errors of the target in the words of a restore. */
export function toRestoreError(error: unknown): unknown {
  if (!(error instanceof BackupError)) return error;
  const { message, cause, code } = error;
  if (code === 'E_TABLE_PRIVILEGE') {
    return new BackupError('E_TARGET_PRIVILEGE', message, {
      cause: error,
      hint: 'Restore as the owner of the tables and schemas concerned, or grant that role to yours.',
    });
  }
  if (code !== 'E_DB_QUERY' || error.hint === refusedValueHint) return error;
  const sqlState = typeof cause === 'object' && cause && 'code' in cause ? String(cause.code) : '';
  if (sqlState === '2BP01')
    return new BackupError('E_TARGET_DEPENDENTS', `${message}${detailOf(cause)}`, { cause });
  const hint = hints[sqlState];
  return hint === undefined ? error : new BackupError(code, message, { cause, hint });
}

function detailOf(cause: unknown): string {
  const isDetailed =
    typeof cause === 'object' && cause && 'detail' in cause && typeof cause.detail === 'string';
  return isDetailed ? `: ${String(cause.detail).replaceAll('\n', '; ')}` : '';
}

const missingObject =
  'A restore point holds tables, their sequences and types; create functions, operators and base types that they use in the target first.';

const olderTarget =
  'The target may be older than the source, and lack this type or clause: restore into the same major version or a later one.';

const hints: Readonly<Record<string, string>> = {
  '42704': missingObject,
  '42883': missingObject,
  '3F000': missingObject,
  '0A000': missingObject,
  '22023': olderTarget,
  '42601': olderTarget,
};
