import { BackupError } from '../core/errors.ts';
import { askServer, serverStartTime } from './ask-server.ts';
import { retry, type RetryPolicy } from '../core/retry.ts';
import { isTlsUnavailable } from './connect-error.ts';
import { isUnixSocket, type ConnectionTarget, type Endpoint } from './connection-target.ts';
import { openClient, type OpenClient, type OpenOptions } from './open-client.ts';
import { toQueryError } from './query-error.ts';
import { sessionSettings, type SessionAccess } from './session-settings.ts';
import { Session } from './session.ts';
import { requireSupportedVersion } from './supported-version.ts';

export interface ConnectOptions {
  /** What the session is for, in a word or two; `application_name` ends with it. */
  readonly purpose: string;
  /** `read-only` when absent. */
  readonly access?: SessionAccess;
  /** Ends the attempt and, later, the session. */
  readonly signal?: AbortSignal | undefined;
  /** How often to try again where that may help; once only when absent, so that a wrong port is told at once. */
  readonly retry?: RetryPolicy;
  readonly onRetry?: (error: unknown, attempt: number) => void;
}

/**
 * Opens a session with pinned settings.
 *
 * @throws BackupError `E_DB_UNREACHABLE`, `E_DB_CONNECTION_LIMIT`, `E_DB_AUTH`, `E_DB_NOT_FOUND`, `E_DB_TLS`, `E_DB_VERSION`;
 * the signal's reason when aborted.
 */
export async function connect(target: ConnectionTarget, options: ConnectOptions): Promise<Session> {
  return retry(() => connectOnce(target, options), {
    policy: options.retry ?? { retries: 0, minWaitMs: 0, maxWaitMs: 0 },
    signal: options.signal,
    ...(options.onRetry ? { onRetry: options.onRetry } : {}),
  });
}

async function connectOnce(target: ConnectionTarget, options: ConnectOptions): Promise<Session> {
  const open = await openFirst(target, {
    applicationName: `${target.applicationName} ${options.purpose}`,
    signal: options.signal,
  });
  try {
    return await pinned(open, target, options);
  } catch (error) {
    open.socket.destroy();
    options.signal?.throwIfAborted();
    throw toQueryError(error, 'preparing the session', target.user);
  }
}

/** The first endpoint that lets us in; a server that answers but refuses ends the search, as for libpq. */
async function openFirst(target: ConnectionTarget, options: Omit<OpenOptions, 'tls'>): Promise<OpenClient> {
  let failure: unknown;
  for (const endpoint of target.endpoints) {
    try {
      return await openEndpoint(target, endpoint, options);
    } catch (error) {
      options.signal?.throwIfAborted();
      if (!(error instanceof BackupError) || error.code === 'E_DB_AUTH') throw error;
      failure ??= error;
    }
  }
  throw failure;
}

/** `prefer` and `allow` have a second way; where both fail, the first one's error is told. */
async function openEndpoint(
  target: ConnectionTarget,
  endpoint: Endpoint,
  options: Omit<OpenOptions, 'tls'>,
): Promise<OpenClient> {
  const [first, second] = waysOf(target, endpoint);
  try {
    return await openClient(target, endpoint, { ...options, tls: first });
  } catch (error) {
    if (second === undefined || !(error instanceof BackupError) || isBusyOrGone(error)) throw error;
    return openClient(target, endpoint, { ...options, tls: second }).catch((other: unknown) => {
      throw isTlsUnavailable(error) ? other : error;
    });
  }
}

/** Whether the server would say the same to another way of connecting. */
function isBusyOrGone({ code }: BackupError): boolean {
  return code === 'E_DB_UNREACHABLE' || code === 'E_DB_CONNECTION_LIMIT';
}

/** With or without TLS: which first, which second. */
function waysOf({ tls }: ConnectionTarget, endpoint: Endpoint): readonly [boolean, boolean?] {
  if (isUnixSocket(endpoint)) return [false];
  if (tls.mode === 'disable') return [false];
  if (tls.mode === 'allow') return [false, true];
  return tls.mode === 'prefer' ? [true, false] : [true];
}

interface PinnedRow {
  readonly version: string;
  readonly encoding: string;
  readonly backend: string;
  readonly started: string;
}

async function pinned(open: OpenClient, target: ConnectionTarget, options: ConnectOptions): Promise<Session> {
  const { client } = open;
  const { rows } = await client.query<PinnedRow>(
    `SELECT pg_catalog.current_setting('server_version_num') AS version,
            pg_catalog.current_setting('server_encoding') AS encoding,
            pg_catalog.pg_backend_pid() AS backend, ${serverStartTime} AS started`,
  );
  const { version = '0', encoding = '', backend = '', started = '' } = rows[0] ?? {};
  requireSupportedVersion(Number(version));
  const settings = sessionSettings(encoding, options.access ?? 'read-only');
  await client.query(
    `SELECT pg_catalog.set_config(name, value, false)
       FROM ROWS FROM (pg_catalog.unnest($1::text[]), pg_catalog.unnest($2::text[])) AS pin(name, value)
      WHERE pg_catalog.current_setting(name, true) IS NOT NULL`,
    [Object.keys(settings), Object.values(settings)],
  );
  const facts = {
    serverVersion: Number(version),
    serverEncoding: encoding,
    user: target.user,
    purpose: options.purpose,
  };
  const identity = { backendId: Number(backend), serverStarted: started };
  return new Session(open, facts, options.signal, {
    silenceMs: target.silenceMs,
    ask: (end) => askServer(() => openAnother(target, open), identity, end, target.connectTimeoutMs),
  });
}

/** A further connection to the same endpoint. */
function openAnother(target: ConnectionTarget, { endpoint }: OpenClient): Promise<OpenClient> {
  const applicationName = `${target.applicationName} watch`;
  return openEndpoint(target, endpoint, { applicationName, signal: undefined });
}
