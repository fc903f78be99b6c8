import type { Session } from '../../postgres/session.ts';
import { pass, warning, type Check } from './check.ts';

interface OldestRow {
  pid: string | null;
  prepared: string | null;
  seconds: string | null;
  span: string;
}

const name = 'transactions';
const longSeconds = 3600;
const manyXids = 1_000_000;

/**
 * A transaction that writes and stays open holds back the xid below which every row counts as seen: the longer it
 * lasts, the more rows a run has to tell from new ones, and at last to read again.
 */
export async function checkTransactions(session: Session): Promise<Check> {
  const [row] = await session.query<OldestRow>(
    `SELECT o.pid, o.prepared, o.seconds::bigint AS seconds,
            pg_catalog.pg_snapshot_xmax(s)::text::bigint - pg_catalog.pg_snapshot_xmin(s)::text::bigint AS span
       FROM pg_catalog.pg_current_snapshot() AS s
       LEFT JOIN LATERAL (
         SELECT a.pid, NULL::text AS prepared, extract(epoch FROM pg_catalog.now() - a.xact_start) AS seconds
           FROM pg_catalog.pg_stat_activity AS a
          WHERE a.backend_xid IS NOT NULL AND a.pid <> pg_catalog.pg_backend_pid()
         UNION ALL
         SELECT NULL, p.gid, extract(epoch FROM pg_catalog.now() - p.prepared) FROM pg_catalog.pg_prepared_xacts AS p
          ORDER BY 3 DESC NULLS LAST LIMIT 1) AS o ON true`,
    [],
    'looking for long transactions',
  );
  const seconds = Number(row?.seconds ?? 0);
  const span = Number(row?.span ?? 0);
  if (seconds < longSeconds && span < manyXids) return pass(name, 'none has been writing for long');
  const who = row?.prepared === null || row?.prepared === undefined ? row?.pid : row.prepared;
  const since = seconds >= longSeconds ? `has been open for ${Math.round(seconds / 60)} minutes` : 'is old';
  const found = `a writing transaction ${who ? `(${who}) ` : ''}${since}, ${span.toLocaleString('en-US')} xids back`;
  const remedy = row?.prepared
    ? 'COMMIT PREPARED or ROLLBACK PREPARED it; until then runs read more rows than changed.'
    : 'Find it with SELECT * FROM pg_stat_activity ORDER BY xact_start; until it ends, runs read more rows than changed.';
  return warning(name, found, remedy);
}
