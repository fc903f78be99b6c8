import { Socket } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import pg from 'pg';
import { BackupError } from '../core/errors.ts';
import { sendCancelRequest } from './cancel-request.ts';
import { requireChannelBinding } from './channel-binding.ts';
import { toConnectError } from './connect-error.ts';
import { describeEndpoint, type ConnectionTarget, type Endpoint } from './connection-target.ts';
import { tlsOptions } from './tls-options.ts';

/** A connection that is ready for queries. */
export interface OpenClient {
  readonly client: pg.Client;
  /** Below TLS; to destroy it ends the connection at once. */
  readonly socket: Socket;
  /** Where it leads to. */
  readonly endpoint: Endpoint;
  readonly processId: number;
  /** Asks the server to cancel what this connection is doing. Never rejects. */
  cancel(): Promise<void>;
}

export interface OpenOptions {
  readonly tls: boolean;
  readonly applicationName: string;
  readonly signal: AbortSignal | undefined;
}

const mostKeepAliveDelayMs = 10_000;

/** Every value as the text PostgreSQL sent: numbers and dates of JavaScript would lose digits. */
const rawText = { getTypeParser: () => (text: string) => text };

/** One try at one endpoint, with or without TLS. Rejects with what `toConnectError` makes of the failure. */
export async function openClient(
  target: ConnectionTarget,
  endpoint: Endpoint,
  options: OpenOptions,
): Promise<OpenClient> {
  const ssl = options.tls ? await tlsOptions(target.tls, endpoint) : undefined;
  const socket = new Socket();
  const client = makeClient(target, endpoint, socket, ssl, options.applicationName);
  // Without a listener, a connection that breaks between two queries would end the process.
  client.on('error', () => {});
  const key = { processId: 0, secretKey: 0 };
  client.connection.on('backendKeyData', (message: { processID: number; secretKey: number }) => {
    key.processId = message.processID;
    key.secretKey = message.secretKey;
  });
  await establish(client, socket, target, endpoint, options.signal);
  return {
    client,
    socket,
    endpoint,
    get processId() {
      return key.processId;
    },
    cancel: () => sendCancelRequest({ endpoint, ssl, negotiation: target.tls.negotiation, ...key }),
  };
}

async function establish(
  client: pg.Client,
  socket: Socket,
  target: ConnectionTarget,
  endpoint: Endpoint,
  signal: AbortSignal | undefined,
): Promise<void> {
  signal?.throwIfAborted();
  const timeout = AbortSignal.timeout(target.connectTimeoutMs);
  const giveUp = (): void => void socket.destroy();
  for (const each of [signal, timeout]) each?.addEventListener('abort', giveUp, { once: true });
  try {
    await client.connect();
  } catch (error) {
    socket.destroy();
    signal?.throwIfAborted();
    const seconds = target.connectTimeoutMs / 1000;
    const cause = timeout.aborted
      ? new Error(`no answer within ${seconds} seconds`, { cause: error })
      : error;
    throw toConnectError(cause, target, endpoint);
  } finally {
    for (const each of [signal, timeout]) each?.removeEventListener('abort', giveUp);
  }
}

function makeClient(
  target: ConnectionTarget,
  endpoint: Endpoint,
  socket: Socket,
  ssl: ConnectionOptions | undefined,
  applicationName: string,
): pg.Client {
  const client = new pg.Client({
    host: endpoint.address ?? endpoint.host,
    port: endpoint.port,
    user: target.user,
    database: target.database,
    // As a function: node-postgres would look for other passwords where it finds none.
    password: () => passwordOf(target, endpoint),
    ssl: ssl ?? false,
    sslnegotiation: ssl ? target.tls.negotiation : 'postgres',
    enableChannelBinding: ssl !== undefined && target.channelBinding !== 'disable',
    application_name: applicationName,
    ...(target.options === undefined ? {} : { options: target.options }),
    keepAlive: true,
    keepAliveInitialDelayMillis: Math.min(mostKeepAliveDelayMs, target.silenceMs),
    types: rawText,
    stream: () => socket,
  });
  if (target.channelBinding === 'require') requireChannelBinding(client);
  return client;
}

function passwordOf(target: ConnectionTarget, endpoint: Endpoint): string {
  if (endpoint.password) return endpoint.password.reveal();
  throw new BackupError(
    'E_DB_AUTH',
    `${describeEndpoint(endpoint)} asks for the password of user ${target.user}, and none was given`,
    { hint: 'Set PGPASSWORD, or add a line to the password file (~/.pgpass, mode 0600).' },
  );
}
