import type { Connection, Submittable } from 'pg';
import { releaseSmall } from '../core/release-memory.ts';
import { CopyFrames } from './copy-frames.ts';

/**
 * Takes rows of `COPY … TO STDOUT` as they arrive. `piece` is a view of a network buffer, holds many rows where they are
 * small, and begins and ends anywhere in a row; it is gone when the call returns. A promise holds further rows back until it resolves.
 */
export type RowSink = (piece: Uint8Array) => Promise<void> | undefined;

type DataHandler = (data: Buffer) => void;

/**
 * A `COPY … TO STDOUT` that hands rows from the network buffer straight to its sink: no stream and no copy between
 * them. It takes the socket's data away from node-postgres while rows come, and gives back what follows them, from the
 * header of the first other message on.
 */
export class CopyOutQuery implements Submittable {
  readonly done: Promise<void>;
  readonly #text: string;
  readonly #sink: RowSink;
  #connection: Connection | undefined;
  #driver: DataHandler | undefined;
  #resolve: () => void = () => {};
  #reject: (error: unknown) => void = () => {};
  readonly #frames = new CopyFrames();
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
    const { rows, end } = this.#frames.take(data);
    const wait = rows > 0 ? this.#give(data.subarray(0, rows)) : undefined;
    const others = end < data.length ? data.subarray(end) : undefined;
    if (!others) releaseSmall(data);
    if (wait) this.#pauseFor(wait, others);
    else if (others) this.#giveBack(others);
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

  #pauseFor(wait: Promise<void>, others: Buffer | undefined): void {
    const stream = this.#connection?.stream;
    stream?.pause();
    wait
      .catch((error: unknown) => {
        this.#failure = { error };
      })
      .then(() => {
        stream?.resume();
        if (others) this.#giveBack(others);
      })
      .catch((error: unknown) => this.#reject(error));
  }

  #giveBack(others: Buffer): void {
    const stream = this.#connection?.stream;
    if (!stream || !this.#driver) return;
    stream.removeListener('data', this.#onData);
    stream.on('data', this.#driver);
    this.#driver(others);
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
