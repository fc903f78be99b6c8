import { BackupError } from '../../core/errors.ts';
import type { RetryOptions } from '../../core/retry.ts';
import type { StoreOptions } from '../store-settings.ts';
import type { S3Location } from '../store-url.ts';
import { explainFailure, type FailureContext } from './explain-failure.ts';
import { expiredNames } from './failure-names.ts';
import { S3Failure, type S3Operation } from './failure.ts';
import { openClient, type S3Session } from './open-client.ts';
import { refusesChecksums } from './refuses-checksums.ts';
import { serviceName, type ServiceSeen } from './service-facts.ts';

export interface S3Request {
  readonly operation: S3Operation;
  /** With the prefix; absent for operations on the bucket. */
  readonly objectKey?: string | undefined;
  readonly condition?: FailureContext['condition'];
  readonly signal?: AbortSignal | undefined;
}

/** What a request hands to the SDK beside its command. */
export interface SendOptions {
  readonly abortSignal?: AbortSignal;
}

/**
 * The way to one bucket: opens the client at the first request, explains failures, and opens another client when
 * the store turns out to refuse checksum headers or the session has expired.
 */
export class S3Connection {
  readonly bucket: string;
  readonly options: StoreOptions;
  readonly #prefix: string;
  readonly #sessions: Promise<S3Session>[] = [];
  #current: Promise<S3Session> | undefined;
  #service: ServiceSeen = { name: undefined, session: undefined, refusedChecksums: false };

  constructor(location: S3Location, options: StoreOptions) {
    this.bucket = location.bucket;
    this.options = options;
    this.#prefix = location.prefix === '' ? '' : `${location.prefix}/`;
  }

  /** For the few steps that are tried again here, because a decorator cannot see them. */
  get retry(): Pick<RetryOptions, 'policy' | 'onRetry'> {
    const { retryPolicy: policy, onRetry } = this.options;
    return { ...(policy === undefined ? {} : { policy }), ...(onRetry === undefined ? {} : { onRetry }) };
  }

  objectKey(key: string): string {
    return this.#prefix + key;
  }

  /** The key below the prefix, of an object key that a listing gave. */
  keyOf(objectKey: string): string | undefined {
    return objectKey.startsWith(this.#prefix) ? objectKey.slice(this.#prefix.length) : undefined;
  }

  /** What has been seen of the service so far. */
  get service(): ServiceSeen {
    return this.#service;
  }

  /** Runs one request; rejects with a BackupError, or with the signal's reason once that is aborted. */
  async send<T>(
    request: S3Request,
    run: (session: S3Session, options: SendOptions) => Promise<T>,
  ): Promise<T> {
    request.signal?.throwIfAborted();
    const current = (this.#current ??= this.#open(this.options.s3Compat === 'minimal'));
    const session = await current;
    try {
      const result = await run(session, request.signal ? { abortSignal: request.signal } : {});
      session.worked = true;
      return result;
    } catch (error) {
      request.signal?.throwIfAborted();
      if (error instanceof BackupError) throw error;
      const failure = new S3Failure(error);
      const isRefusal = !session.minimal && refusesChecksums(request.operation, failure);
      if (isRefusal && this.options.s3Compat !== 'aws') {
        this.#service = { ...this.#service, refusedChecksums: true };
        this.#replace(current, true);
        return await this.send(request, run);
      }
      if (failure.status === undefined) session.dropIdleConnections();
      // A new client reads the credentials anew; one whose first request says so has nothing newer to read.
      if (expiredNames.has(failure.name) && session.worked) this.#replace(current, session.minimal);
      throw explainFailure(failure, this.#contextOf(request, session));
    }
  }

  /** Ends all connections, those in use as well. */
  close(): void {
    for (const opened of this.#sessions) {
      void opened.then(
        ({ client }) => client.destroy(),
        () => {},
      );
    }
  }

  #open(minimal: boolean): Promise<S3Session> {
    const opened = this.#openSeen(minimal);
    this.#sessions.push(opened);
    return opened;
  }

  async #openSeen(minimal: boolean): Promise<S3Session> {
    const session = await openClient(this.options, minimal, (headers) => {
      this.#service = { ...this.#service, name: serviceName(headers) ?? this.#service.name };
    });
    this.#service = { ...this.#service, session };
    return session;
  }

  /** Requests in progress end on the client they began with: only `close` ends that. */
  #replace(old: Promise<S3Session>, minimal: boolean): void {
    if (this.#current === old) this.#current = this.#open(minimal);
  }

  #contextOf(request: S3Request, session: S3Session): FailureContext {
    const { region, endpoint, worked } = session;
    const { operation, objectKey, condition } = request;
    const insistsOnChecksums = this.options.s3Compat === 'aws';
    const target = { bucket: this.bucket, objectKey };
    return { operation, ...target, condition, region, endpoint, worked, insistsOnChecksums };
  }
}
