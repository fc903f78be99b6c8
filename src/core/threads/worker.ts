import { parentPort } from 'node:worker_threads';
import { BugError } from '../errors.ts';
import { toPlainError, type FromWorker, type Moved, type ToWorker } from './messages.ts';

export interface JobAnswer<Result> {
  readonly result: Result;
  /** Buffers of the result to move rather than copy. */
  readonly transfer?: readonly ArrayBuffer[];
  /** Memory that came with the job, and goes back: nobody here has any use for it. */
  readonly returned?: readonly ArrayBuffer[];
}

/**
 * Hands a part of the result out before the job ends, and resolves when the main thread asks for more: memory then holds
 * one part, whatever the job gives in all (law 9). One after the other. Rejects when the job is cancelled.
 */
export type GivePart<Part> = (part: Part, transfer?: readonly ArrayBuffer[]) => Promise<void>;

export interface JobServer<Job, Result, Part> {
  run(job: Job, signal: AbortSignal, give: GivePart<Part>): Promise<JobAnswer<Result>>;
  /** Takes memory that went out with results or parts, when nobody needs it any more: it is the thread's again. */
  takeBack?(memory: readonly ArrayBuffer[]): void;
  /** Frees what the thread holds; no job follows. */
  close(): Promise<void>;
}

interface Running {
  readonly controller: AbortController;
  /** The part that was given, until it is taken. */
  given: PromiseWithResolvers<void> | undefined;
}

/** The worker's side of a `ThreadPool`: answers jobs until the pool closes. */
export function serveJobs<Job, Result, Part = never>(server: JobServer<Job, Result, Part>): void {
  const port = parentPort;
  if (!port) throw new BugError('this module runs in a worker thread only');
  const all = new Map<number, Running>();
  const moved = (transfer: Moved = []) => (server.takeBack ? transfer.filter(isLarge) : []);
  const answer = async (id: number, job: Job) => {
    const running: Running = { controller: new AbortController(), given: undefined };
    const { signal } = running.controller;
    all.set(id, running);
    const give: GivePart<Part> = async (part, transfer) => {
      signal.throwIfAborted();
      running.given = Promise.withResolvers<void>();
      port.postMessage(
        { kind: 'part', id, part, moved: moved(transfer) } satisfies FromWorker,
        transfer ?? [],
      );
      await running.given.promise;
    };
    try {
      const { result, transfer = [], returned = [] } = await server.run(job, signal, give);
      port.postMessage({ kind: 'done', id, result, moved: moved(transfer), returned } satisfies FromWorker, [
        ...transfer,
        ...returned,
      ]);
    } catch (error) {
      port.postMessage({ kind: 'failed', id, error: toPlainError(error) } satisfies FromWorker);
    } finally {
      all.delete(id);
    }
  };
  const cancel = (running: Running | undefined) => {
    running?.controller.abort();
    running?.given?.reject(running.controller.signal.reason);
  };
  port.on('message', (message: ToWorker) => {
    if (message.kind === 'run') void answer(message.id, message.job as Job);
    else if (message.kind === 'taken') all.get(message.id)?.given?.resolve();
    else if (message.kind === 'cancel') cancel(all.get(message.id));
    else if (message.kind === 'memory') server.takeBack?.(message.memory);
    else void server.close().finally(() => port.close());
  });
}

/** To send smaller pieces back and forth takes longer than it takes to allocate them. */
const leastToHandBack = 1024 * 1024;

export function isLarge({ byteLength }: ArrayBuffer): boolean {
  return byteLength >= leastToHandBack;
}
