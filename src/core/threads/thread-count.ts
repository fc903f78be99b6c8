import { availableParallelism } from 'node:os';

/**
 * How many threads serve so many workers. A core is left to the main thread, and to the thread pool that compresses and writes
 * beside it; and two workers share a thread, because one of them waits for the network or the store while the other computes. A
 * thread costs some 20 MB, whatever it does. On two cores a second one was no gain of time: it competed with the main thread and the
 * database for the same cores.
 *
 * @param workers ranges or chunks under way at the same time
 * @returns one at least
 */
export function threadCount(workers: number, cores = availableParallelism()): number {
  return Math.max(1, Math.min(Math.ceil(workers / 2), cores - 1));
}

/** How many threads serve so many workers that only compute, and hardly wait for anything: one for each, as far as there are cores. */
export function computingThreads(workers: number, cores = availableParallelism()): number {
  return Math.max(1, Math.min(workers, cores));
}
