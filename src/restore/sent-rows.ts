import { releaseBlocks } from '../chunk/spare-blocks.ts';
import { pieceBytes } from './load-range.ts';

/** A stream takes no more after a piece of this size until its socket has written all: well above every high-water mark. */
const drainingBytes = 128 * 1024;

/** Blocks of rows on their way to the server, whose memory is given back as soon as the network has them. */
export class SentRows {
  readonly #source: AsyncIterable<Uint8Array>;
  readonly #isWhole: boolean;
  #held: Uint8Array[] = [];

  /** @param isWhole whether a block that is no larger than `pieceBytes` is sent as one piece */
  constructor(source: AsyncIterable<Uint8Array>, isWhole: boolean) {
    this.#source = source;
    this.#isWhole = isWhole;
  }

  /** What fails or is not read to the end keeps its memory: the socket may still read from it. */
  async *blocks(): AsyncGenerator<Uint8Array> {
    for await (const block of this.#source) {
      const { length } = block;
      this.#held.push(block);
      yield block;
      if (this.#isWhole && length >= drainingBytes && length <= pieceBytes) this.release();
    }
  }

  /** For when the server has confirmed the rows. */
  release(): void {
    releaseBlocks(...this.#held);
    this.#held = [];
  }
}
