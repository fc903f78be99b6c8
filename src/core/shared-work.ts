/**
 * Work that serves all who asked for it before it began: who asks while it goes on waits for the next turn, together with
 * all others who ask until then. What such work finds or makes durable is therefore never older than the question.
 */
export class SharedWork {
  readonly #work: (subject: string) => Promise<void>;
  readonly #running = new Map<string, Promise<void>>();
  readonly #next = new Map<string, Promise<void>>();

  constructor(work: (subject: string) => Promise<void>) {
    this.#work = work;
  }

  /** Rejects as the work does, for all whom it serves. */
  async run(subject: string): Promise<void> {
    const running = this.#running.get(subject);
    if (!running) return this.#begin(subject);
    const next = this.#next.get(subject) ?? this.#after(running, subject);
    return next;
  }

  #begin(subject: string): Promise<void> {
    const work = this.#work(subject).finally(() => this.#running.delete(subject));
    this.#running.set(subject, work);
    return work;
  }

  #after(running: Promise<void>, subject: string): Promise<void> {
    const begin = (): Promise<void> => {
      this.#next.delete(subject);
      return this.#begin(subject);
    };
    const next = running.then(begin, begin);
    this.#next.set(subject, next);
    return next;
  }
}
