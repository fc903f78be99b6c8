import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** Who stands at the gate between a run and its source. */
export interface Gatekeeper {
  /** A session has exported a snapshot of this name. It says nothing more to the server before the promise is fulfilled. */
  onSnapshot(name: string): Promise<void>;
  /** What a session says to the server, before it is passed on. `cut` ends the connection instead. */
  onStatement(text: string): 'pass' | 'cut';
}

const open: Gatekeeper = { onSnapshot: async () => {}, onStatement: () => 'pass' };

/**
 * Passes the connections of a run on to its source, so that the run can be held where it is while its snapshot is read,
 * and be disturbed at a statement rather than at a moment. It knows the protocol no further than to find words in it.
 */
export class Gate {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #target: number;
  keeper: Gatekeeper = open;

  private constructor(target: number) {
    this.#target = target;
    this.#server = createServer((session) => this.#join(session));
  }

  /** @param target port of the source on 127.0.0.1 */
  static async open(target: number): Promise<Gate> {
    const gate = new Gate(target);
    gate.#server.listen(0, '127.0.0.1');
    await once(gate.#server, 'listening');
    return gate;
  }

  /** The URL that leads through the gate. */
  url(source: string): string {
    const url = new URL(source);
    url.port = String((this.#server.address() as AddressInfo).port);
    return url.href;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #join(session: Socket): void {
    const server = connect(this.#target, '127.0.0.1');
    const end = (): void => {
      session.destroy();
      server.destroy();
    };
    for (const socket of [session, server]) {
      this.#sockets.add(socket.setNoDelay());
      // Its end is told by `close`.
      socket.on('error', () => {});
      socket.once('close', () => {
        this.#sockets.delete(socket);
        end();
      });
    }
    let isExporting = false;
    let held = Promise.resolve();
    server.on('data', (data) => {
      const name = isExporting
        ? /[0-9A-F]{8}-[0-9A-F]{8}-[0-9A-F]+/.exec(data.toString('latin1'))?.[0]
        : undefined;
      if (name !== undefined) {
        isExporting = false;
        held = this.keeper.onSnapshot(name).catch(end);
      }
      session.write(data);
    });
    let last = Promise.resolve();
    const pass = async (data: Buffer): Promise<void> => {
      await held;
      const text = data.toString('latin1');
      if (this.keeper.onStatement(text) === 'cut') return end();
      if (text.includes('pg_export_snapshot')) isExporting = true;
      server.write(data);
    };
    session.on('data', (data: Buffer) => {
      last = last.then(() => pass(data));
    });
  }
}
