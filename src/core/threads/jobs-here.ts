import { BugError } from '../errors.ts';
import { isLarge, type JobServer } from './worker.ts';

/** What a `ThreadPool` does, in this very thread: to start another one takes longer than a few jobs do. */
export class JobsHere<Job, Result, Part = never> {
  readonly #server: JobServer<Job, Result, Part>;
  readonly #takeBack: ((memory: readonly ArrayBuffer[]) => void) | undefined;
  /** Memory that went out with results and parts. */
  readonly #given = new WeakSet<ArrayBuffer>();

  /** @param takeBack as that of a `ThreadPool` */
  constructor(server: JobServer<Job, Result, Part>, takeBack?: (memory: readonly ArrayBuffer[]) => void) {
    this.#server = server;
    this.#takeBack = takeBack;
  }

  /** As that of a `ThreadPool`. */
  async run(
    job: Job,
    signal: AbortSignal = new AbortController().signal,
    take: (part: Part) => Promise<void> = givesNoParts,
  ): Promise<Result> {
    signal.throwIfAborted();
    const give = async (part: Part, transfer: readonly ArrayBuffer[] = []): Promise<void> => {
      signal.throwIfAborted();
      this.#note(transfer);
      await take(part);
    };
    const { promise: aborted, reject } = Promise.withResolvers<never>();
    const abort = (): void => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    try {
      const answered = this.#server.run(job, signal, give);
      const { result, transfer = [], returned = [] } = await Promise.race([answered, aborted]);
      this.#note(transfer);
      this.#takeBack?.(returned);
      return result;
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  /** As that of a `ThreadPool`. */
  handBack(memory: ArrayBuffer): boolean {
    if (!this.#given.delete(memory) || memory.byteLength === 0) return false;
    this.#server.takeBack?.([memory]);
    return true;
  }

  async close(): Promise<void> {
    await this.#server.close();
  }

  #note(transfer: readonly ArrayBuffer[]): void {
    if (this.#server.takeBack) for (const memory of transfer.filter(isLarge)) this.#given.add(memory);
  }
}

export async function givesNoParts(): Promise<void> {
  throw new BugError('a job gives parts that nobody takes');
}
