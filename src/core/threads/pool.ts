import { Worker } from 'node:worker_threads';
import { BackupError, BugError, codeOf } from '../errors.ts';
import { givesNoParts } from './jobs-here.ts';
import { fromPlainError, type FromWorker, type ToWorker } from './messages.ts';

interface Pending {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly take: (part: unknown) => Promise<void>;
}

interface Thread {
  readonly worker: Worker;
  readonly pending: Map<number, Pending>;
  readonly ended: Promise<void>;
  /** Why it takes no more jobs; undefined while it lives. */
  death: Error | undefined;
}

/**
 * Worker threads that run jobs; each thread runs several at once, and a job goes to the thread with the fewest. A thread
 * that dies fails its jobs and gets no more; when none is left, all later jobs fail. `Job` and `Result` must survive
 * structured cloning; array buffers that the worker lists for transfer arrive without a copy.
 */
export class ThreadPool<Job, Result, Part = never> {
  readonly #module: URL;
  readonly #size: number;
  readonly #data: unknown;
  readonly #takeBack: ((memory: readonly ArrayBuffer[]) => void) | undefined;
  #threads: Thread[] = [];
  #nextId = 1;
  /** Which thread memory came from. */
  readonly #origins = new WeakMap<ArrayBuffer, Thread>();
  #closing = false;
  #closed: Promise<void> | undefined;

  /**
   * @param module the worker's module, which calls `serveJobs`
   * @param size number of threads
   * @param data handed to every thread: plain data
   * @param takeBack takes memory that went to a thread with a job, and is handed back with its result
   */
  constructor(module: URL, size: number, data: unknown, takeBack?: (memory: readonly ArrayBuffer[]) => void) {
    this.#module = module;
    this.#size = size;
    this.#data = data;
    this.#takeBack = takeBack;
  }

  /** Starts the threads, which the first job would do otherwise: they load while something else is waited for. */
  start(): void {
    if (this.#threads.length > 0 || this.#closing) return;
    this.#threads = Array.from({ length: this.#size }, () => this.#start());
  }

  /** A small young generation: buffers outside of the heap go with it, and would pile up until it is collected. */
  #start(): Thread {
    const worker = new Worker(this.#module, {
      workerData: this.#data,
      execArgv: [],
      resourceLimits: { maxYoungGenerationSizeMb: 3 },
    });
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    const thread: Thread = { worker, pending: new Map(), ended, death: undefined };
    worker.on('message', (message: FromWorker) => {
      const job = thread.pending.get(message.id);
      if (message.kind !== 'failed') for (const memory of message.moved) this.#origins.set(memory, thread);
      if (message.kind === 'part') {
        if (job) void takePart(thread, message.id, job, message.part);
        return;
      }
      thread.pending.delete(message.id);
      if (message.kind === 'done') this.#takeBack?.(message.returned);
      if (message.kind === 'done') job?.resolve(message.result);
      else job?.reject(fromPlainError(message.error));
    });
    const die = (error: Error) => {
      thread.death ??= error;
      for (const job of thread.pending.values()) job.reject(thread.death);
      thread.pending.clear();
    };
    worker.on('error', (error) => die(explainDeath(error)));
    worker.once('exit', () => {
      die(new BugError('a worker thread ended before its jobs'));
      resolve();
    });
    return thread;
  }

  /**
   * Runs a job. When `signal` aborts, the worker is told, and the promise rejects at once with the signal's reason.
   * @param transfer buffers of the job to move rather than copy: they are gone here, whatever becomes of the job
   * @param take takes a part that the job gives before it ends; the job goes on when it resolves, and fails when it rejects
   */
  async run(
    job: Job,
    signal?: AbortSignal,
    transfer: readonly ArrayBuffer[] = [],
    take: (part: Part) => Promise<void> = givesNoParts,
  ): Promise<Result> {
    signal?.throwIfAborted();
    if (this.#closing) throw new BugError('the thread pool is closed');
    this.start();
    const thread = this.#leastBusy();
    const id = this.#nextId++;
    const cancel = () => {
      post(thread.worker, { kind: 'cancel', id });
      thread.pending.get(id)?.reject(asError(signal?.reason));
      thread.pending.delete(id);
    };
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      return await new Promise<Result>((resolve, reject) => {
        post(thread.worker, { kind: 'run', id, job }, transfer);
        thread.pending.set(id, {
          resolve: (result) => resolve(result as Result),
          reject,
          take: (part) => take(part as Part),
        });
      });
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    } finally {
      signal?.removeEventListener('abort', cancel);
    }
  }

  /**
   * Gives memory back to the thread that it came from with a result or part, which uses it again: to free it here and allocate
   * it there leaves holes. Its views are empty from now on.
   *
   * @returns false, and does nothing, where it came from no thread that lives and takes it
   */
  handBack(memory: ArrayBuffer): boolean {
    const origin = this.#origins.get(memory);
    if (!origin || origin.death || memory.byteLength === 0) return false;
    this.#origins.delete(memory);
    post(origin.worker, { kind: 'memory', memory: [memory] }, [memory]);
    return true;
  }

  #leastBusy(): Thread {
    const alive = this.#threads.filter(({ death }) => death === undefined);
    const [first, ...others] = alive;
    if (!first) throw new BugError('all worker threads have ended', { cause: this.#threads[0]?.death });
    return others.reduce((least, other) => (other.pending.size < least.pending.size ? other : least), first);
  }

  /** Runs a job once for each thread, so that in the beginning each of them has one. */
  async runInAll(job: Job, signal?: AbortSignal): Promise<void> {
    this.start();
    await Promise.all(this.#threads.map(() => this.run(job, signal)));
  }

  /** Lets each thread close what it holds and end; a thread that does not within two seconds is terminated. May be called again. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#closed ??= this.#end();
    await this.#closed;
  }

  async #end(): Promise<void> {
    await Promise.all(
      this.#threads.map(async ({ worker, ended }) => {
        post(worker, { kind: 'close' });
        const timer = setTimeout(() => void worker.terminate(), 2000);
        await ended;
        clearTimeout(timer);
      }),
    );
  }
}

async function takePart(thread: Thread, id: number, job: Pending, part: unknown): Promise<void> {
  try {
    await job.take(part);
    post(thread.worker, { kind: 'taken', id });
  } catch (error) {
    post(thread.worker, { kind: 'cancel', id });
    thread.pending.delete(id);
    job.reject(asError(error));
  }
}

function explainDeath(error: unknown): Error {
  if (codeOf(error) !== 'ERR_WORKER_OUT_OF_MEMORY') return asError(error);
  return new BackupError('E_OUT_OF_MEMORY', 'a worker thread ran out of memory', { cause: error });
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

function post(worker: Worker, message: ToWorker, transfer: readonly ArrayBuffer[] = []): void {
  worker.postMessage(message, transfer);
}
