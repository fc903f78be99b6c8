/** Chunks that each worker stores, and seconds, before a rate means something: fewer come in bursts. */
const chunksOfWorker = 3;
const leastSeconds = 2;

/** Measures bytes a second for one number of workers. */
export class ThroughputWindow {
  #chunks = 0;
  #bytes = 0;
  #seconds = 0;
  /** Chunks to leave out: they were begun by another number of workers. */
  #others = 0;

  /** Measures anew. @param others chunks that are still under way */
  restart(others = 0): void {
    this.#chunks = 0;
    this.#bytes = 0;
    this.#seconds = 0;
    this.#others = others;
  }

  add(seconds: number, chunks: number, bytes: number): void {
    if (this.#others > 0) {
      this.#others -= chunks;
      return;
    }
    this.#chunks += chunks;
    this.#bytes += bytes;
    this.#seconds += seconds;
  }

  /** Bytes a second, once there is enough to tell. */
  rateOf(workers: number): number | undefined {
    const isEnough = this.#chunks >= chunksOfWorker * workers && this.#seconds >= leastSeconds;
    return isEnough ? this.#bytes / this.#seconds : undefined;
  }
}
