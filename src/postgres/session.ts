import { pipeline } from 'node:stream/promises';
import pLimit from 'p-limit';
import type pg from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import { BackupError, BugError } from '../core/errors.ts';
import type { OpenClient } from './open-client.ts';
import { CopyOutQuery, type RowSink } from './copy-out-query.ts';
import { toQueryError } from './query-error.ts';
import { SilenceWatch, type WatchOptions } from './silence-watch.ts';
import { watchPieces } from './watch-pieces.ts';

/** A row as PostgreSQL sent it: each value its text, or null. */
export type TextRow = Readonly<Record<string, string | null>>;

export interface SessionFacts {
  /** `server_version_num`: 170010. */
  readonly serverVersion: number;
  readonly serverEncoding: string;
  readonly user: string;
  readonly purpose: string;
}

/** How long `close` waits for the server's goodbye. */
const closeTimeoutMs = 5_000;

/**
 * One connection to PostgreSQL with pinned settings (`sessionSettings`). Statements run one after the other.
 *
 * Rejections are BackupErrors. When the connection is lost, everything pending and every later call rejects with a
 * retryable E_DB_CONNECTION; once the signal it was opened with aborts, with that signal's reason, and the server
 * is told to cancel what it does. A session never comes back: open another.
 */
export class Session {
  readonly facts: SessionFacts;
  readonly processId: number;
  readonly #open: OpenClient;
  readonly #signal: AbortSignal | undefined;
  readonly #turns = pLimit(1);
  readonly #onAbort = (): void => void this.#breakOff(this.#signal?.reason);
  #ended: { readonly reason: unknown } | undefined;
  #ending: Promise<void> | undefined;
  /** Told when the connection ends while rows are copied: node-postgres does not see it then. */
  #onEnd: ((reason: unknown) => void) | undefined;
  #busy = false;
  #copying = false;
  readonly #watch: SilenceWatch;

  constructor(
    open: OpenClient,
    facts: SessionFacts,
    signal: AbortSignal | undefined,
    watch: Pick<WatchOptions, 'silenceMs' | 'ask'>,
  ) {
    this.facts = facts;
    this.processId = open.processId;
    this.#open = open;
    this.#signal = signal;
    open.client.on('error', (error) => this.#lose(error));
    open.client.on('end', () => this.#lose(new Error('the server ended the connection')));
    const onLost = (error: Error): void => this.#lose(error);
    this.#watch = new SilenceWatch({ ...watch, open, isWaiting: () => this.#busy, onLost });
    signal?.addEventListener('abort', this.#onAbort, { once: true });
    if (signal?.aborted) this.#onAbort();
  }

  /** Whether a statement would run at once, and nobody else's waits for it. */
  get isIdle(): boolean {
    const { activeCount, pendingCount } = this.#turns;
    return activeCount + pendingCount === 0 && !this.#copying && !this.#ended;
  }

  /**
   * Runs a statement; with several in one text, the last one's rows. Arrays become PostgreSQL's array text.
   *
   * @param doing what it is for, in messages: `reading the catalogue`
   */
  async query<Row extends object = TextRow>(
    text: string,
    values: readonly unknown[] = [],
    doing = this.facts.purpose,
  ): Promise<Row[]> {
    return this.#inTurn(doing, async () => {
      const result: pg.QueryResult<Row> | pg.QueryResult<Row>[] = await this.#open.client.query<Row>(text, [
        ...values,
      ]);
      return (Array.isArray(result) ? result.at(-1)?.rows : result.rows) ?? [];
    });
  }

  /**
   * Runs one statement through the extended protocol, where the server refuses a text that holds several: for texts
   * with parts that a store supplied (law 8).
   */
  async command(text: string, doing = this.facts.purpose): Promise<void> {
    const statement: pg.QueryConfig & { readonly queryMode: 'extended' } = { text, queryMode: 'extended' };
    await this.#inTurn(doing, async () => this.#open.client.query(statement));
  }

  /**
   * What `COPY … TO STDOUT` sends, in pieces that end anywhere in a row; read no faster than it is consumed. To stop
   * reading before the end ends the session. No other call may be made meanwhile.
   */
  async *copyOut(sql: string, doing = this.facts.purpose): AsyncGenerator<Buffer, void, undefined> {
    const turn = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const done = this.#inTurn(doing, async () => {
      this.#copying = true;
      begun.resolve();
      await turn.promise;
    });
    await Promise.race([begun.promise, done]);
    let finished = false;
    try {
      const stream = this.#open.client.query(copyTo(sql));
      // The connection may break after the last row, when nobody listens to the stream any more.
      stream.on('error', () => {});
      yield* stream;
      finished = true;
    } catch (error) {
      finished = true;
      throw this.#explain(error, doing);
    } finally {
      this.#copying = false;
      if (!finished)
        await this.#breakOff(new BackupError('E_DB_CONNECTION', `${doing}: reading was stopped`));
      turn.resolve();
      await done;
    }
  }

  /**
   * Hands the rows of `COPY … TO STDOUT` to `sink` as they arrive, without copying them on the way; read no faster than
   * the sink takes them. When the sink fails, the rest is read and dropped, and the session stays usable.
   */
  async copyRows(sql: string, sink: RowSink, doing = this.facts.purpose): Promise<void> {
    return this.#inTurn(doing, async () => {
      const lost = Promise.withResolvers<never>();
      this.#onEnd = lost.reject;
      try {
        const query = this.#open.client.query(new CopyOutQuery(sql, sink));
        await Promise.race([query.done, lost.promise]);
      } finally {
        this.#onEnd = undefined;
      }
    });
  }

  /**
   * Sends pieces to `COPY … FROM STDIN`. Resolves with the number of rows once PostgreSQL has taken them all. When
   * `pieces` throws, nothing is loaded, and the rejection is what it threw. After a piece of 128 KiB or more the next one
   * is asked for when the network has taken all before it: their memory may then be used for something else.
   */
  async copyIn(sql: string, pieces: AsyncIterable<Uint8Array>, doing = this.facts.purpose): Promise<number> {
    const failures: unknown[] = [];
    const watched = watchPieces(pieces, (reason) => failures.push(reason));
    try {
      return await this.#inTurn(doing, () => this.#send(sql, watched));
    } catch (error) {
      throw failures.length > 0 && !this.#ended ? failures[0] : error;
    }
  }

  async #send(sql: string, pieces: AsyncIterable<Uint8Array>): Promise<number> {
    const { client } = this.#open;
    const stream = client.query(copyFrom(sql));
    stream.on('error', () => {});
    this.#copying = true;
    try {
      await pipeline(pieces, stream);
      return stream.rowCount;
    } catch (error) {
      // The stream fails before the server has said its last word on the copy: the next statement must wait for that.
      await client.query('').catch(() => {});
      throw error;
    } finally {
      this.#copying = false;
    }
  }

  /** Ends the connection; cancels what is still running. May be called again. */
  async close(): Promise<void> {
    if (this.#busy) return this.#breakOff(new BackupError('E_DB_CONNECTION', 'the session was closed'));
    this.#ending ??= this.#sayGoodbye();
    return this.#ending;
  }

  async #sayGoodbye(): Promise<void> {
    this.#end(new BackupError('E_DB_CONNECTION', 'the session was closed'));
    const timer = setTimeout(() => this.#open.socket.destroy(), closeTimeoutMs);
    await this.#open.client.end();
    clearTimeout(timer);
  }

  async #inTurn<T>(doing: string, action: () => Promise<T>): Promise<T> {
    // It would wait for the copy, and the copy for whoever consumes it: for ever.
    if (this.#copying) throw new BugError(`${doing}: the session is copying`);
    return this.#turns(async () => {
      if (this.#ended) throw this.#ended.reason;
      this.#busy = true;
      try {
        return await action();
      } catch (error) {
        throw this.#explain(error, doing);
      } finally {
        this.#busy = false;
      }
    });
  }

  #explain(error: unknown, doing: string): unknown {
    // Ended on purpose: that it broke then is no news.
    if (this.#ending) return this.#ended?.reason;
    return error instanceof BugError ? error : toQueryError(error, doing, this.facts.user);
  }

  #lose(error: unknown): void {
    const lost = toQueryError(error, this.facts.purpose, this.facts.user);
    this.#end(lost);
    this.#open.socket.destroy();
  }

  #end(reason: unknown): void {
    this.#ended ??= { reason };
    this.#onEnd?.(reason);
    this.#watch.stop();
    this.#signal?.removeEventListener('abort', this.#onAbort);
  }

  /** Ends the work on the server's side as well: a backend that sends nothing does not see that its client went. */
  #breakOff(reason: unknown): Promise<void> {
    this.#end(reason);
    this.#ending ??= this.#cancelAndDestroy();
    return this.#ending;
  }

  async #cancelAndDestroy(): Promise<void> {
    const cancelled = this.#busy ? this.#open.cancel() : undefined;
    this.#open.socket.destroy();
    await cancelled;
  }
}
