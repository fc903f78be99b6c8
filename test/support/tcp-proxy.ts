import { createServer, connect, type AddressInfo, type Socket } from 'node:net';
import { cleanUpLater } from './clean-up.ts';

/** A way to a server that can break like a network's. */
export interface TcpProxy {
  /** The URL with the proxy in the place of its host and port. */
  through(url: string): string;
  /** How many connections were made. */
  opened(): number;
  /** Resets all connections, on both sides. */
  reset(): void;
  /**
   * Nothing passes any more over the connections there are, and neither side is told: half-open, as where a firewall forgot
   * them. New ones work.
   */
  swallow(): void;
}

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
}

/** Starts a proxy to the server of the URL; ended after the test or file. */
export async function startProxy(serverUrl: string): Promise<TcpProxy> {
  const { hostname, port } = new URL(serverUrl);
  const pairs: Pair[] = [];
  let opened = 0;
  const listener = createServer((client) => {
    const pair = { client, server: connect(Number(port), hostname) };
    pairs.push(pair);
    opened += 1;
    for (const [from, to] of [
      [client, pair.server],
      [pair.server, client],
    ] as const) {
      from.pipe(to);
      from.on('error', () => to.destroy());
      from.on('close', () => to.destroy());
    }
  });
  const reset = () => {
    for (const { client, server } of pairs.splice(0)) {
      client.resetAndDestroy();
      server.resetAndDestroy();
    }
  };
  cleanUpLater(async () => {
    reset();
    await new Promise((resolve) => listener.close(resolve));
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  return {
    through(url) {
      const changed = new URL(url);
      changed.host = `127.0.0.1:${(listener.address() as AddressInfo).port}`;
      return changed.href;
    },
    opened: () => opened,
    reset,
    swallow() {
      for (const { client, server } of pairs) {
        for (const [from, to] of [
          [client, server],
          [server, client],
        ] as const) {
          from.unpipe(to);
          from.resume();
        }
      }
    },
  };
}
