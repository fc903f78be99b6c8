import { decompressPieces } from '../chunk/compress.ts';
import { BackupError } from '../core/errors.ts';
import { damagedManifest } from '../format/manifest-reader.ts';

/** What a zstd frame begins with, and no JSON. */
const zstdMagic = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);
/**
 * So many times its size the text of an object may have, beyond `textInAnyCase`: digests alone make a fifth of a long
 * text, and nothing compresses them. More is a bomb (law 8).
 */
const mostGrowth = 100;
const textInAnyCase = 64 * 1024 * 1024;

/**
 * The text of a manifest, from the bytes of its object: as they are, or compressed, whatever its name.
 *
 * @param object full name, for messages
 * @throws BackupError E_MANIFEST_DAMAGED, and whatever `stored` throws
 */
export async function* manifestText(
  stored: AsyncIterable<Uint8Array>,
  object: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  const counted = new CountedStart(stored);
  const start = await counted.start(zstdMagic.length);
  if (!start.subarray(0, zstdMagic.length).equals(zstdMagic)) {
    yield* counted;
    return;
  }
  try {
    let bytes = 0;
    for await (const piece of decompressPieces(counted, 'zstd', Infinity)) {
      bytes += piece.length;
      if (bytes > textInAnyCase + mostGrowth * counted.bytes)
        throw damagedManifest(object, 'it holds far more than any manifest of its size');
      yield piece;
    }
  } catch (error) {
    if (!(error instanceof BackupError) || error.code !== 'E_CHUNK_DAMAGED') throw error;
    throw damagedManifest(object, `it cannot be decompressed: ${error.message}`, error);
  }
}

/** Pieces whose first bytes can be looked at before they are taken, and which are counted. */
class CountedStart implements AsyncIterable<Uint8Array> {
  readonly #pieces: AsyncIterator<Uint8Array>;
  #start = Buffer.alloc(0);
  #isEnded = false;
  /** Taken or looked at so far. */
  bytes = 0;

  constructor(pieces: AsyncIterable<Uint8Array>) {
    this.#pieces = pieces[Symbol.asyncIterator]();
  }

  /** The first bytes, `least` of them where there are as many. */
  async start(least: number): Promise<Buffer> {
    while (this.#start.length < least && !this.#isEnded) {
      const piece = await this.#next();
      this.#start = Buffer.concat([this.#start, piece ?? Buffer.alloc(0)]);
    }
    return this.#start;
  }

  async #next(): Promise<Uint8Array | undefined> {
    const step = await this.#pieces.next();
    this.#isEnded = step.done === true;
    if (step.done === true) return undefined;
    this.bytes += step.value.length;
    return step.value;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      if (this.#start.length > 0) yield this.#start;
      for (let piece = await this.#next(); piece; piece = await this.#next()) yield piece;
    } finally {
      await this.#pieces.return?.();
    }
  }
}
