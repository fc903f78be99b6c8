import { connect as connectSocket, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import { isUnixSocket, type Endpoint } from './connection-target.ts';

export interface CancelTarget {
  readonly endpoint: Endpoint;
  /** Undefined: without TLS, as the connection whose work is cancelled. */
  readonly ssl: ConnectionOptions | undefined;
  readonly negotiation: 'postgres' | 'direct';
  readonly processId: number;
  readonly secretKey: number;
}

const cancelTimeoutMs = 5_000;
const sslRequestCode = 80_877_103;
const cancelRequestCode = 80_877_102;

/**
 * Asks the server to cancel what a backend is doing, over a connection of its own as the protocol wants it.
 * Resolves when the server has taken the request or could not be reached: never rejects, and a cancel that comes
 * too late does nothing.
 */
export async function sendCancelRequest(target: CancelTarget): Promise<void> {
  await new Promise<void>((resolve) => {
    const socket = openSocket(target.endpoint);
    socket.setTimeout(cancelTimeoutMs, () => socket.destroy());
    socket.on('error', () => socket.destroy());
    // The server says nothing; it closes the connection when it has passed the request on.
    socket.on('close', () => resolve());
    socket.on('connect', () => sayCancel(socket, target));
  });
}

function openSocket(endpoint: Endpoint): Socket {
  const { host, address, port } = endpoint;
  return isUnixSocket(endpoint)
    ? connectSocket(`${host}/.s.PGSQL.${port}`)
    : connectSocket(port, address ?? host);
}

function sayCancel(socket: Socket, target: CancelTarget): void {
  const request = message(cancelRequestCode, target.processId, target.secretKey);
  const secured = (): void => {
    const tls = connectTls({
      ...target.ssl,
      socket,
      host: target.endpoint.host,
      ...(target.negotiation === 'direct' ? { ALPNProtocols: ['postgresql'] } : {}),
    });
    tls.on('error', () => socket.destroy());
    tls.on('close', () => socket.destroy());
    tls.on('secureConnect', () => tls.end(request));
  };
  if (!target.ssl) {
    socket.resume();
    socket.end(request);
  } else if (target.negotiation === 'direct') {
    secured();
  } else {
    socket.once('data', (answer) => (answer.toString() === 'S' ? secured() : socket.destroy()));
    socket.write(message(sslRequestCode));
  }
}

/** A start-up message: its own length, then 32-bit numbers. */
function message(...numbers: readonly number[]): Buffer {
  const buffer = Buffer.alloc(4 + 4 * numbers.length);
  buffer.writeInt32BE(buffer.length, 0);
  for (const [index, number] of numbers.entries()) buffer.writeInt32BE(number, 4 + 4 * index);
  return buffer;
}
