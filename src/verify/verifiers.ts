import { availableParallelism } from 'node:os';
import type { Secret } from '../core/secret.ts';
import { siblingModule, ThreadPool } from '../core/threads/pool.ts';
import type { Bytes, Digest, VerifierData, VerifyJob, JobResult } from './verify-job.ts';

/** Verifier threads: they hash, decode, merge and compare, so that this thread only moves bytes. */
export class Verifiers {
  readonly #pool: ThreadPool<VerifyJob, Bytes | Digest>;
  readonly #signal: AbortSignal;

  /** @param databaseUrl of the database to compare with, for `copy` jobs */
  constructor(maxWorkers: number, databaseUrl: Secret | undefined, signal: AbortSignal) {
    const data: VerifierData = { databaseUrl: databaseUrl?.reveal() };
    const threads = Math.min(maxWorkers, availableParallelism());
    this.#pool = new ThreadPool(siblingModule('./verify-worker', import.meta.url), threads, data);
    this.#signal = signal;
  }

  async run<Job extends VerifyJob>(job: Job): Promise<JobResult<Job>> {
    return (await this.#pool.run(job, this.#signal)) as JobResult<Job>;
  }

  async close(): Promise<void> {
    await this.#pool.close();
  }
}
