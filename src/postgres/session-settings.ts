/** `read-only` for a source (law 7), `read-write` for the target of a restore. */
export type SessionAccess = 'read-only' | 'read-write';

/**
 * Settings every session pins, whatever role, database or server say: all that `COPY` text and the printed form
 * of definitions depend on, and what keeps a session from being a burden for production.
 */
export function sessionSettings(
  serverEncoding: string,
  access: SessionAccess,
): Readonly<Record<string, string>> {
  return {
    // A SQL_ASCII database may hold any bytes: only without conversion do they survive.
    client_encoding: serverEncoding === 'SQL_ASCII' ? 'SQL_ASCII' : 'UTF8',
    DateStyle: 'ISO, MDY',
    IntervalStyle: 'postgres',
    TimeZone: 'UTC',
    extra_float_digits: '3',
    bytea_output: 'hex',
    lc_monetary: 'C',
    xmloption: 'content',
    array_nulls: 'on',
    standard_conforming_strings: 'on',
    quote_all_identifiers: 'off',
    search_path: '',
    // A policy that would hide rows is an error, not a smaller backup.
    row_security: 'off',
    // Ranges are read in physical order, and a scan is expected to begin at the beginning.
    synchronize_seqscans: 'off',
    jit: 'off',
    statement_timeout: '0',
    idle_in_transaction_session_timeout: '0',
    idle_session_timeout: '0',
    transaction_timeout: '0',
    // A client whose machine is gone is noticed in two minutes, not in two hours: until then its snapshot holds back the
    // vacuum, and its lock the next run. Over a Unix socket they mean nothing.
    tcp_keepalives_idle: '60',
    tcp_keepalives_interval: '10',
    tcp_keepalives_count: '6',
    // Who waits for a lock makes others wait behind it: better to fail, and to try again.
    lock_timeout: access === 'read-only' ? '10s' : '60s',
    ...(access === 'read-only' ? { default_transaction_read_only: 'on' } : {}),
  };
}
