import { BackupError } from '../core/errors.ts';
import type { SourceIdentity } from '../format/manifest.ts';
import type { Session } from './session.ts';

const doing = 'identifying the source';

interface IdentityRow {
  database: string;
  oid: string;
  encoding: string;
  collation: string;
  recovering: string;
  up_since: string | null;
  control_system: string;
  control_checkpoint: string;
}

/** Statistics do not survive a crash, after which the postmaster may go on (pgstat_discard_stats, called by StartupXLOG). */
const upSince = `(
  SELECT pg_catalog.to_char(GREATEST(pg_catalog.pg_postmaster_start_time(), b.stats_reset) AT TIME ZONE 'UTC',
                            'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
    FROM pg_catalog.pg_stat_bgwriter AS b WHERE b.stats_reset IS NOT NULL)`;

/**
 * Which database, of which cluster and history, the session is connected to. What the role may not know
 * (`pg_control_system` is revoked by some providers) is null.
 */
export async function readSource(session: Session): Promise<SourceIdentity> {
  const [row] = await session.query<IdentityRow>(
    `SELECT d.datname AS database, d.oid, pg_catalog.pg_encoding_to_char(d.encoding) AS encoding,
            d.datcollate AS collation, pg_catalog.pg_is_in_recovery() AS recovering, ${upSince} AS up_since,
            pg_catalog.has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE') AS control_system,
            pg_catalog.has_function_privilege('pg_catalog.pg_control_checkpoint()', 'EXECUTE')
              AND pg_catalog.has_function_privilege('pg_catalog.pg_control_recovery()', 'EXECUTE') AS control_checkpoint
       FROM pg_catalog.pg_database AS d
      WHERE d.datname = pg_catalog.current_database()`,
    [],
    doing,
  );
  if (!row) throw new BackupError('E_DB_QUERY', `${doing}: the database is not in pg_database`);
  const inRecovery = row.recovering === 't';
  return {
    systemIdentifier: row.control_system === 't' ? await readSystemIdentifier(session) : null,
    timeline: inRecovery
      ? await readStandbyTimeline(session, row.control_checkpoint === 't')
      : await readPrimaryTimeline(session),
    database: row.database,
    databaseOid: Number(row.oid),
    serverVersion: session.facts.serverVersion,
    encoding: row.encoding,
    collation: row.collation,
    inRecovery,
    upSince: row.up_since,
  };
}

async function readSystemIdentifier(session: Session): Promise<string | null> {
  return readValue(session, 'SELECT system_identifier AS value FROM pg_catalog.pg_control_system()');
}

/** Of the WAL being written: the control file would name the old timeline until the first checkpoint after a failover. */
async function readPrimaryTimeline(session: Session): Promise<number | null> {
  const name = await readValue(
    session,
    'SELECT pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()) AS value',
  );
  return name === null ? null : Number.parseInt(name.slice(0, 8), 16);
}

async function readStandbyTimeline(session: Session, allowed: boolean): Promise<number | null> {
  if (!allowed) return null;
  const timeline = await readValue(
    session,
    `SELECT GREATEST(c.timeline_id, r.min_recovery_end_timeline) AS value
       FROM pg_catalog.pg_control_checkpoint() AS c, pg_catalog.pg_control_recovery() AS r`,
  );
  return timeline === null ? null : Number(timeline);
}

async function readValue(session: Session, sql: string): Promise<string | null> {
  const [row] = await session.query<{ value: string | null }>(sql, [], doing);
  return row?.value ?? null;
}
