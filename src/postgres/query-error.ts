import pg from 'pg';
import { BackupError, messageOf } from '../core/errors.ts';
import { quoteIdentifier } from './quote.ts';

/**
 * What a failed statement means for the caller. Anything but the server's own error means that the connection
 * broke: E_DB_CONNECTION, to be tried again on a new one.
 *
 * @param doing what was attempted, for people: `reading public.articles`
 */
export function toQueryError(error: unknown, doing: string, user: string): BackupError {
  if (error instanceof BackupError) return error;
  if (!(error instanceof pg.DatabaseError)) return connectionLost(error, doing);
  const sqlState = error.code ?? '';
  // Shutdown, crash of another backend, idle and transaction timeouts: the server ends the connection.
  if (/^(08|57P01|57P02|57P05|25P03|25P04)/.test(sqlState)) return connectionLost(error, doing);
  if (sqlState === '42501') return privilegeMissing(error, doing, user);
  const place = placeIn(error);
  const known = isTooLarge(error) ? tooLarge : hints[sqlState];
  const hint = known ?? (place === '' ? undefined : refusedValueHint);
  return new BackupError('E_DB_QUERY', `${doing}: ${error.message}${place} (SQLSTATE ${sqlState})`, {
    ...(hint === undefined ? {} : { hint }),
    cause: error,
    retryable: /^(40|55P03|53200|53300|58030)/.test(sqlState),
  });
}

/** For a row that `COPY … FROM` cannot take. */
export const refusedValueHint =
  'This server cannot read the value. It may be older than the source, lack what a regclass, regtype, … names (restore that first), or have another encoding; some values PostgreSQL prints and never reads back: see docs/types.md.';

const placeLength = 200;

/** Line, column and value of a row that `COPY … FROM` cannot take, as the server tells them: `, COPY t, line 3, column v: "x"`. */
function placeIn({ where }: pg.DatabaseError): string {
  const [line = ''] = where?.split('\n') ?? [];
  if (!line.startsWith('COPY ')) return '';
  return `, ${line.length > placeLength ? `${line.slice(0, placeLength)}…` : line}`;
}

const tooLarge =
  'PostgreSQL itself cannot send a row of more than 1 GB of COPY text, in which a byte of a bytea takes two: no dump can ' +
  'hold it either. Find it by pg_column_size, and divide the value or leave the table out.';

/** A buffer or a value beyond the server's own limit of 1 GB: told by the functions that raise it, not by the message. */
function isTooLarge({ code, routine = '' }: pg.DatabaseError): boolean {
  if (code === '54000') return routine === 'enlargeStringInfo';
  return code === 'XX000' && /^(palloc|repalloc|MemoryContext)/.test(routine);
}

const damaged = 'The source itself is damaged: check its disks and run pg_amcheck before anything else.';

const hints: Readonly<Record<string, string>> = {
  '40001':
    'On a standby, replay removed what was being read: set hot_standby_feedback, or raise max_standby_streaming_delay.',
  '55P03': 'Another session holds a lock on the table for long; see pg_locks and pg_stat_activity.',
  '57014': 'Somebody cancelled the statement (pg_cancel_backend, or a timeout of a pooler).',
  XX001: damaged,
  XX002: damaged,
};

function connectionLost(error: unknown, doing: string): BackupError {
  return new BackupError('E_DB_CONNECTION', `${doing}: connection error: ${messageOf(error)}`, {
    cause: error,
    retryable: true,
  });
}

function privilegeMissing(error: pg.DatabaseError, doing: string, user: string): BackupError {
  const message = `${doing}: ${error.message}`;
  // The function of the server that raised it: its messages may be translated.
  if (error.routine === 'check_enable_rls')
    return new BackupError('E_TABLE_ROW_SECURITY', message, { cause: error });
  const hint = grantFor(error.message, user);
  return new BackupError('E_TABLE_PRIVILEGE', message, {
    ...(hint === undefined ? {} : { hint }),
    cause: error,
  });
}

function grantFor(message: string, user: string): string | undefined {
  const match = /^permission denied for (table|view|sequence|schema) (.+)$/s.exec(message);
  const name = match?.[2];
  if (!match || name === undefined) return undefined;
  const kind =
    match[1] === 'schema' ? 'USAGE ON SCHEMA' : match[1] === 'sequence' ? 'SELECT ON SEQUENCE' : 'SELECT ON';
  return `As the owner, run: GRANT ${kind} ${quoteIdentifier(name)} TO ${quoteIdentifier(user)};`;
}
