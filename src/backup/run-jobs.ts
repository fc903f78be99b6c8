import pMap from 'p-map';

export type Job = () => Promise<void>;

/**
 * Runs jobs, at most so many at once, and no more than `limit` lets begin. When one fails, `stop` aborts, and the others have ended when this rejects: nothing may
 * go on behind the back of a failed run, which the next attempt would meet in the store and in the checkpoint.
 */
export async function runJobs(
  jobs: Iterable<Job>,
  concurrency: number,
  limit: (job: Job) => Promise<void>,
  stop: AbortController,
): Promise<void> {
  const running = new Set<Promise<void>>();
  const follow = async (job: Job): Promise<void> => {
    const done = limit(async () => {
      stop.signal.throwIfAborted();
      await job();
    });
    running.add(done);
    try {
      await done;
    } finally {
      running.delete(done);
    }
  };
  try {
    await pMap(jobs, follow, { concurrency, stopOnError: true });
  } catch (error) {
    stop.abort(error);
    await Promise.allSettled(running);
    throw error;
  }
}
