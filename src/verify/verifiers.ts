import { FetchLimit } from '../core/fetch-limit.ts';
import { LentMemory } from '../core/lent-memory.ts';
import type { Secret } from '../core/secret.ts';
import { removeTemporaryFolder, temporaryFolder } from '../core/temporary-files.ts';
import { programModule } from '../core/program-files.ts';
import type { OpeningThreads } from '../repository/open-rows.ts';
import { ThreadPool } from '../core/threads/pool.ts';
import { threadCount } from '../core/threads/thread-count.ts';
import type { JobAnswers, JobResult, VerifierData, VerifyJob } from './verify-job.ts';

/** Verifier threads: they hash, decode, merge and compare, so that this thread only moves bytes. */
export class Verifiers {
  readonly #pool: ThreadPool<VerifyJob, JobAnswers>;
  readonly #signal: AbortSignal;
  /** Where chunks go that are too large for memory. */
  readonly temporaryFolder = temporaryFolder();
  /** What chunks are read into. */
  readonly memory = new LentMemory();
  /** How many base chunks are in memory at a time. */
  readonly limit: FetchLimit;

  /** @param databaseUrl of the database to compare with, for `copy` jobs */
  constructor(maxWorkers: number, databaseUrl: Secret | undefined, signal: AbortSignal) {
    const data: VerifierData = { databaseUrl: databaseUrl?.reveal() };
    const threads = threadCount(maxWorkers);
    this.limit = new FetchLimit(threads, maxWorkers);
    this.#pool = new ThreadPool(programModule('verify/verify-worker'), threads, data, this.memory.takeBack);
    this.#signal = signal;
  }

  /** @param moved bytes of the job that this thread has no more use for: they move rather than are copied */
  async run<Job extends VerifyJob>(job: Job, ...moved: readonly Uint8Array[]): Promise<JobResult<Job>> {
    return (await this.#pool.run(job, this.#signal, this.memory.memoryOf(...moved))) as JobResult<Job>;
  }

  /** For patch chunks, in memory of their own. */
  get opening(): OpeningThreads {
    return this.#pool;
  }

  async close(): Promise<void> {
    await this.#pool.close();
    await removeTemporaryFolder(this.temporaryFolder);
  }
}
