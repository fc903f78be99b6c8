import { toBackupError, type BackupError } from '../../core/errors.ts';
import type { SourceIdentity } from '../../format/manifest.ts';
import { connect } from '../../postgres/connect.ts';
import { describeEndpoint, type ConnectionTarget } from '../../postgres/connection-target.ts';
import { quoteIdentifier } from '../../postgres/quote.ts';
import { readSource } from '../../postgres/read-source.ts';
import type { Session } from '../../postgres/session.ts';
import { adoptSnapshot, openSnapshot } from '../../postgres/snapshot.ts';
import { attempt, failed, pass, skipped, warning, type Check } from './check.ts';
import { checkTables } from './check-tables.ts';
import { checkTls } from './check-tls.ts';
import { checkTransactions } from './check-transactions.ts';
import type { DoctorInput } from './doctor-input.ts';

/** What the checks of the database found, for those who compare with it. */
export interface DatabaseFindings {
  readonly checks: readonly Check[];
  /** Undefined where it could not be read. */
  readonly identity: SourceIdentity | undefined;
  /** Milliseconds that the server's clock is ahead of this machine's; undefined where it could not be read. */
  readonly clockAheadMs: number | undefined;
}

const later = ['snapshot', 'history', 'transactions', 'tables', 'privileges', 'row security'];

export async function checkDatabase(input: DoctorInput): Promise<DatabaseFindings> {
  const { target, signal } = input;
  let session: Session;
  try {
    session = await connect(target, { purpose: 'doctor', signal });
  } catch (error) {
    signal.throwIfAborted();
    return { checks: notConnected(toBackupError(error)), identity: undefined, clockAheadMs: undefined };
  }
  try {
    return await checkSession(session, input);
  } finally {
    await session.close();
  }
}

/** TLS and version refuse servers that answer: the check that failed is theirs. */
function notConnected(error: BackupError): Check[] {
  const asked = ['database', 'TLS', 'version'];
  const position = error.code === 'E_DB_TLS' ? 1 : error.code === 'E_DB_VERSION' ? 2 : 0;
  return [
    ...asked.slice(0, position).map((name) => pass(name, 'the server answers')),
    failed(asked[position] ?? 'database', error),
    ...[...asked.slice(position + 1), ...later].map((name) => skipped(name, 'needs a connection')),
  ];
}

async function checkSession(session: Session, input: DoctorInput): Promise<DatabaseFindings> {
  const { target, signal } = input;
  const [first] = target.endpoints;
  const place = first ? describeEndpoint(first) : '';
  const { serverVersion } = session.facts;
  let identity: SourceIdentity | undefined;
  const clockAheadMs = await readClock(session).catch(() => undefined);
  const checks = [
    pass('database', `${target.database} at ${place} as ${target.user}`),
    await attempt('TLS', signal, () => checkTls(session, target)),
    pass('version', `PostgreSQL ${Math.floor(serverVersion / 10_000)}.${serverVersion % 10_000}`),
    await attempt('snapshot', signal, () => checkSnapshot(target, signal)),
    await attempt('history', signal, async () => {
      identity = await readSource(session);
      return checkHistory(identity, target.user);
    }),
    await attempt('transactions', signal, () => checkTransactions(session)),
    ...(await checkTables(session, input)),
  ];
  return { checks, identity, clockAheadMs };
}

/** The readers of a run share one snapshot: the very thing is tried, with two connections. */
async function checkSnapshot(target: ConnectionTarget, signal: AbortSignal): Promise<Check> {
  const holder = await connect(target, { purpose: 'doctor snapshot', signal });
  try {
    const { id, adoptable } = await openSnapshot(holder);
    if (!adoptable) {
      return warning(
        'snapshot',
        'the server is a standby: a run reads it with one connection, and recovery may cancel it',
        'Back the primary up, or set hot_standby_feedback = on and a larger max_standby_streaming_delay.',
      );
    }
    const adopter = await connect(target, { purpose: 'doctor snapshot', signal });
    try {
      await adoptSnapshot(adopter, id);
    } finally {
      await adopter.close();
    }
    return pass('snapshot', 'exported, and adopted by a second connection; the server is a primary');
  } finally {
    await holder.close();
  }
}

/** Without the identifier a change of history is only seen by the timeline and the xid counter. */
function checkHistory(identity: SourceIdentity, user: string): Check {
  const { systemIdentifier, timeline } = identity;
  const found = `system identifier ${systemIdentifier ?? 'hidden'}, timeline ${timeline ?? 'hidden'}`;
  if (systemIdentifier !== null && timeline !== null) return pass('history', found);
  const role = quoteIdentifier(user);
  const functions = ['pg_control_system()', 'pg_control_checkpoint()', 'pg_control_recovery()'];
  return warning(
    'history',
    `${found}: another cluster restored in this one's place may go unnoticed`,
    `As a superuser, run: ${functions.map((name) => `GRANT EXECUTE ON FUNCTION pg_catalog.${name} TO ${role};`).join(' ')}`,
  );
}

async function readClock(session: Session): Promise<number> {
  const before = Date.now();
  const [row] = await session.query(
    'SELECT extract(epoch FROM pg_catalog.clock_timestamp())::text AS seconds',
  );
  const now = (before + Date.now()) / 2;
  return Number(row?.['seconds']) * 1000 - now;
}
