import type { ErrorFacts } from './error-facts.ts';

/** Errors of the source and its tables. */
export const databaseErrors = {
  E_DB_UNREACHABLE: {
    exit: 1,
    cause: 'No PostgreSQL server answers at the host and port.',
    remedy: 'Check host, port and firewall with the psql line of the hint.',
  },
  E_DB_CONNECTION_LIMIT: {
    exit: 1,
    cause: 'All connections of the server, the database or the role are taken.',
    remedy:
      'Raise max_connections or the CONNECTION LIMIT, or end sessions that are not needed. A backup goes on with one connection; it needs no more.',
  },
  E_DB_AUTH: {
    exit: 1,
    cause: 'PostgreSQL refused the user or the password.',
    remedy: 'Correct PGUSER and PGPASSWORD, --database-url or the password file.',
  },
  E_DB_NOT_FOUND: {
    exit: 1,
    cause: 'The server has no database of that name.',
    remedy: 'Correct the database name; `psql -l` lists those there are.',
  },
  E_DB_TLS: {
    exit: 1,
    cause: 'The TLS connection to PostgreSQL could not be made or verified as sslmode asks.',
    remedy: 'Check sslmode, sslrootcert and the host name in the certificate.',
  },
  E_DB_VERSION: {
    exit: 1,
    cause: 'The server is older than PostgreSQL 14.',
    remedy: 'Upgrade the server; versions 14 and newer are supported.',
  },
  E_DB_CONNECTION: {
    exit: 1,
    cause: 'The connection to PostgreSQL broke and could not be made again.',
    remedy: 'Look into the server log; a further run continues from the checkpoint.',
  },
  E_DB_QUERY: {
    exit: 1,
    cause: 'PostgreSQL refused a statement.',
    remedy: "Read the server's message, which is given with its SQLSTATE.",
  },
  E_TABLE_NOT_FOUND: {
    exit: 1,
    cause: 'No table matches the name or pattern.',
    remedy: 'Check --table and the schema; `--table "*"` takes every user table.',
  },
  E_TABLE_PRIVILEGE: {
    exit: 1,
    cause: 'The role has no SELECT privilege on a table, or no USAGE on its schema.',
    remedy: 'Run the GRANT that the hint gives, as the owner of the table.',
  },
  E_TABLE_ROW_SECURITY: {
    exit: 1,
    cause: 'Row security would hide rows of a table from this role.',
    remedy: 'Use a role with BYPASSRLS, or the owner of a table without FORCE ROW LEVEL SECURITY.',
  },
  E_TABLE_KIND: {
    exit: 1,
    cause: 'The relation is no ordinary table (a view, a foreign table, …).',
    remedy: 'Name the tables behind it.',
  },
  E_SCHEMA_DUMP: {
    exit: 1,
    cause: 'The schema dump that --schema pg_dump asks for could not be made.',
    remedy:
      "Read pg_dump's own message; it needs SELECT on every table of the database. Or back up without it.",
  },
  E_SNAPSHOT_LOST: {
    exit: 1,
    cause: 'The connection that holds the snapshot ended during the run.',
    remedy: 'Start the run again: finished chunks are kept. Check idle and statement timeouts of the role.',
  },
  E_SOURCE_LOCKED: {
    exit: 3,
    cause: 'Another run of this source into this store is active.',
    remedy: 'Wait for it to end. Its session holds the advisory lock that the hint names.',
  },
  E_STORE_LOCKED: {
    exit: 3,
    cause: 'Another run, perhaps on another host, holds the lease of this store.',
    remedy:
      'Wait until it ends or its lease expires at the time given; --break-lock takes the lease of one that is gone.',
  },
} as const satisfies Record<string, ErrorFacts>;
