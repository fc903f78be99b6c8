/** Work that goes on while the next is prepared: one piece at a time, each begun when the one before it has ended. */
export class InTurn {
  #current: Promise<void> = Promise.resolve();

  /** Resolves when the work has begun; rejects where the one before it failed. */
  async begin(work: () => Promise<void>): Promise<void> {
    await this.#current;
    this.#current = work();
    // Whoever begins or ends next hears of it.
    this.#current.catch(() => {});
  }

  /** Resolves when all has ended well. */
  async end(): Promise<void> {
    await this.#current;
  }

  /** Resolves when nothing is under way any more, failed or not. */
  async settle(): Promise<void> {
    await Promise.allSettled([this.#current]);
  }
}
