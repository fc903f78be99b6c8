import type { Connection, Submittable } from 'pg';

/**
 * Takes rows of `COPY … TO STDOUT` as they arrive. `piece` is a view of a network buffer that ends anywhere in a row or,
 * where rows are small, holds one; it is not kept. A promise holds further rows back until it resolves.
 */
export type RowSink = (piece: Uint8Array) => Promise<void> | undefined;

const codeCopyData = 0x64;
/** Messages between the rows: the answer's head, parameter status, notices, notifications. */
const skipped = new Set([0x48, 0x53, 0x4e, 0x41]);
const headerBytes = 5;

type DataHandler = (data: Buffer) => void;

/**
 * A `COPY … TO STDOUT` that hands each row from the network buffer straight to its sink: no stream and no copy between
 * them. It takes the socket's data away from node-postgres while rows come, and gives back what follows them, from the
 * header of the first other message on.
 *
 * Messages have a one-byte code and a four-byte length that counts itself (PostgreSQL documentation, "Message Formats").
 */
export class CopyOutQuery implements Submittable {
  readonly done: Promise<void>;
  readonly #text: string;
  readonly #sink: RowSink;
  #connection: Connection | undefined;
  #driver: DataHandler | undefined;
  #resolve: () => void = () => {};
  #reject: (error: unknown) => void = () => {};
  /** A header of which not all bytes have come. */
  #header = Buffer.alloc(0);
  #isRow = false;
  /** Bytes of the message's content still to come. */
  #rest = 0;
  #failure: { readonly error: unknown } | undefined;
  readonly #onData: DataHandler = (data) => this.#take(data);

  constructor(text: string, sink: RowSink) {
    this.#text = text;
    this.#sink = sink;
    this.done = new Promise<void>((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  submit(connection: Connection): void {
    this.#connection = connection;
    const { stream } = connection;
    this.#driver = stream.listeners('data')[0] as DataHandler;
    stream.removeListener('data', this.#driver);
    stream.on('data', this.#onData);
    connection.query(this.#text);
  }

  #take(data: Buffer): void {
    let at = 0;
    while (at < data.length) {
      if (this.#rest > 0) {
        const end = Math.min(data.length, at + this.#rest);
        this.#rest -= end - at;
        const wait = this.#isRow ? this.#give(data.subarray(at, end)) : undefined;
        at = end;
        if (wait) return this.#pauseFor(wait, data.subarray(at));
        continue;
      }
      const header = Buffer.concat([this.#header, data.subarray(at, at + headerBytes - this.#header.length)]);
      if (!this.#isRowsOwn(header[0])) return this.#giveBack(this.#header, data.subarray(at));
      at += header.length - this.#header.length;
      if (header.length < headerBytes) {
        this.#header = header;
        return;
      }
      this.#begin(header);
    }
  }

  #isRowsOwn(code: number | undefined): boolean {
    return code === codeCopyData || (code !== undefined && skipped.has(code));
  }

  #begin(header: Buffer): void {
    this.#header = Buffer.alloc(0);
    this.#isRow = header[0] === codeCopyData;
    this.#rest = header.readUInt32BE(1) - 4;
  }

  /** After a failure of the sink the remaining rows are read and dropped: the session stays usable. */
  #give(piece: Buffer): Promise<void> | undefined {
    if (this.#failure) return undefined;
    try {
      return this.#sink(piece);
    } catch (error) {
      this.#failure = { error };
      return undefined;
    }
  }

  #pauseFor(wait: Promise<void>, remaining: Buffer): void {
    const stream = this.#connection?.stream;
    stream?.pause();
    wait
      .catch((error: unknown) => {
        this.#failure = { error };
      })
      .then(() => {
        stream?.resume();
        this.#take(remaining);
      })
      .catch((error: unknown) => this.#reject(error));
  }

  #giveBack(header: Buffer, data: Buffer): void {
    const stream = this.#connection?.stream;
    if (!stream || !this.#driver) return;
    stream.removeListener('data', this.#onData);
    stream.on('data', this.#driver);
    this.#driver(header.length > 0 ? Buffer.concat([header, data]) : data);
  }

  handleError(error: unknown): void {
    this.#reject(this.#failure ? this.#failure.error : error);
  }

  handleCommandComplete(): void {}

  handleReadyForQuery(): void {
    if (this.#failure) this.#reject(this.#failure.error);
    else this.#resolve();
  }
}
