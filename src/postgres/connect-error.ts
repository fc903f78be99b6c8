import pg from 'pg';
import { BackupError, codeOf, messageOf } from '../core/errors.ts';
import { describeEndpoint, psqlLine, type ConnectionTarget, type Endpoint } from './connection-target.ts';
import { quoteIdentifier } from './quote.ts';

/** What node-postgres says when the server answers that it has no TLS. */
const noTlsMessage = 'The server does not support SSL connections';

const tlsCodes =
  /^(ERR_TLS|ERR_SSL|ERR_OSSL|EPROTO|CERT_|CRL_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH|HOSTNAME_MISMATCH|ERROR_IN_C)/;

/** Whether the server was reached and said that it has no TLS. */
export function isTlsUnavailable(error: unknown): boolean {
  return error instanceof BackupError && messageOf(error.cause) === noTlsMessage;
}

/** The failure of one try to connect, with what to do about it. Its texts hold no secret (law 10). */
export function toConnectError(error: unknown, target: ConnectionTarget, endpoint: Endpoint): BackupError {
  if (error instanceof BackupError) return error;
  if (error instanceof pg.DatabaseError) return refused(error, target, endpoint);
  const message = messageOf(error);
  const place = describeEndpoint(endpoint);
  if (message === noTlsMessage) {
    return new BackupError('E_DB_TLS', `${place} has no TLS, but sslmode=${target.tls.mode} asks for it`, {
      hint: 'Turn TLS on at the server, or use sslmode=prefer where the network is trusted.',
      cause: error,
    });
  }
  if (tlsCodes.test(codeOf(error) ?? '') || message.includes('SSL connection')) {
    return new BackupError('E_DB_TLS', `TLS connection to ${place} failed: ${message}`, { cause: error });
  }
  if (message.startsWith('SASL:')) {
    return new BackupError('E_DB_AUTH', `${place}: ${message}`, { cause: error });
  }
  return unreachable(error, target, endpoint);
}

function refused(error: pg.DatabaseError, target: ConnectionTarget, endpoint: Endpoint): BackupError {
  const message = `${describeEndpoint(endpoint)} refused the connection: ${error.message}`;
  const sqlState = error.code ?? '';
  if (sqlState === '28P01' || sqlState === '28000')
    return new BackupError('E_DB_AUTH', message, { cause: error });
  if (sqlState === '3D000') return new BackupError('E_DB_NOT_FOUND', message, { cause: error });
  if (sqlState === '42501') {
    const grant = `GRANT CONNECT ON DATABASE ${quoteIdentifier(target.database)} TO ${quoteIdentifier(target.user)};`;
    return new BackupError('E_DB_AUTH', message, { hint: `As its owner, run: ${grant}`, cause: error });
  }
  if (sqlState === '53300') {
    return new BackupError('E_DB_CONNECTION_LIMIT', message, { cause: error, retryable: true });
  }
  // Starting up, shutting down, recovering: it will be there in a moment.
  if (/^(57P0[123]|08)/.test(sqlState)) {
    return new BackupError('E_DB_UNREACHABLE', message, { cause: error, retryable: true });
  }
  return new BackupError('E_DB_QUERY', `${message} (SQLSTATE ${sqlState})`, { cause: error });
}

function unreachable(error: unknown, target: ConnectionTarget, endpoint: Endpoint): BackupError {
  const code = codeOf(error);
  const place = describeEndpoint(endpoint);
  const hints = [`Try: ${psqlLine(target, endpoint)}`];
  if (code === 'ECONNREFUSED' && endpoint.port === 5433) {
    hints.push(
      "5433 is this program's default; PostgreSQL's own is 5432: if yours listens there, set PGPORT=5432.",
    );
  } else if (code === 'ECONNREFUSED' && endpoint.port === 5432) {
    hints.push('If the server listens on another port, such as 5433, set PGPORT.');
  }
  const reason = code === 'ECONNREFUSED' ? 'connection refused' : messageOf(error) || code;
  return new BackupError('E_DB_UNREACHABLE', `cannot connect to PostgreSQL at ${place}: ${reason}`, {
    hint: hints.join('; '),
    cause: error,
    retryable: code !== 'ENOTFOUND' && code !== 'EACCES',
  });
}
