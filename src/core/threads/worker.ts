import { parentPort } from 'node:worker_threads';
import { BugError } from '../errors.ts';
import { toPlainError, type FromWorker, type ToWorker } from './messages.ts';

export interface JobAnswer<Result> {
  readonly result: Result;
  /** Buffers of the result to move rather than copy. */
  readonly transfer?: readonly ArrayBuffer[];
}

export interface JobServer<Job, Result> {
  run(job: Job, signal: AbortSignal): Promise<JobAnswer<Result>>;
  /** Frees what the thread holds; no job follows. */
  close(): Promise<void>;
}

/** The worker's side of a `ThreadPool`: answers jobs until the pool closes. */
export function serveJobs<Job, Result>(server: JobServer<Job, Result>): void {
  const port = parentPort;
  if (!port) throw new BugError('this module runs in a worker thread only');
  const running = new Map<number, AbortController>();
  const answer = async (id: number, job: Job) => {
    const controller = new AbortController();
    running.set(id, controller);
    try {
      const { result, transfer } = await server.run(job, controller.signal);
      port.postMessage({ kind: 'done', id, result } satisfies FromWorker, transfer ?? []);
    } catch (error) {
      port.postMessage({ kind: 'failed', id, error: toPlainError(error) } satisfies FromWorker);
    } finally {
      running.delete(id);
    }
  };
  port.on('message', (message: ToWorker) => {
    if (message.kind === 'run') void answer(message.id, message.job as Job);
    else if (message.kind === 'cancel') running.get(message.id)?.abort();
    else void server.close().finally(() => port.close());
  });
}
