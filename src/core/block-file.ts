import { randomUUID } from 'node:crypto';
import { closeSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** So many bytes are kept in memory before a file is made, or blocks are added to it, and so many blocks of those in the file. */
const mostWaitingBytes = 2 * 1024 * 1024;
const mostRead = 8;

interface Place {
  readonly at: number;
  readonly length: number;
}

/**
 * Blocks of bytes that are put once and got again, in any order: a few in memory, more of them in a file without a name,
 * which the system takes back when this is let go of or the process ends, however it ends (law 9). Where no file can be
 * written, all stay in memory. Reads wait: a block is in the system's cache, or soon there.
 */
export class BlockFile {
  /** Of the blocks in the file, which are the first. */
  readonly #places: Place[] = [];
  /** The blocks behind them. */
  readonly #waiting: Buffer[] = [];
  #waitingBytes = 0;
  /** Blocks of the file that were read last, newest last. */
  readonly #read = new Map<number, Buffer>();
  #lastRead = -1;
  #lastBlock: Buffer = Buffer.alloc(0);
  #file: number | undefined;
  #isRefused = false;
  #mostBytes = 0;

  /** Bytes of the largest block so far. */
  get mostBytes(): number {
    return this.#mostBytes;
  }

  put(block: Buffer): void {
    this.#mostBytes = Math.max(this.#mostBytes, block.length);
    this.#waiting.push(block);
    this.#waitingBytes += block.length;
    if (this.#waitingBytes <= mostWaitingBytes || this.#isRefused) return;
    try {
      this.#file ??= this.#open();
      for (let next = this.#waiting[0]; next; next = this.#waiting[0]) {
        this.#places.push(writeBehind(this.#file, this.#places.at(-1), next));
        this.#waiting.shift();
        this.#waitingBytes -= next.length;
      }
    } catch {
      this.#isRefused = true;
    }
  }

  /**
   * The bytes of a block, good until the next call.
   *
   * @param spare memory that may be used for them; they are then good as long as it is not used for others
   */
  get(position: number, spare?: Buffer): Buffer {
    const place = this.#places[position];
    if (!place || this.#file === undefined) {
      const waiting = this.#waiting[position - this.#places.length];
      if (waiting) return waiting;
      throw new RangeError(`there is no block ${position}`);
    }
    if (spare && spare.length >= place.length) return readPlace(this.#file, place, spare);
    if (position === this.#lastRead) return this.#lastBlock;
    this.#lastRead = -1;
    const known = this.#read.get(position);
    this.#read.delete(position);
    const block = known ?? readPlace(this.#file, place, this.#takeOldest(place.length));
    this.#read.set(position, block);
    this.#lastRead = position;
    return (this.#lastBlock = block);
  }

  /** Memory for a block: that of the one that was not asked for the longest, where there are enough of them. */
  #takeOldest(length: number): Buffer {
    const [oldest] = this.#read;
    if (!oldest || this.#read.size < mostRead) return Buffer.allocUnsafeSlow(length);
    const [position, block] = oldest;
    this.#read.delete(position);
    // The whole of it: a block may be shorter than the one before it in the same memory.
    return block.buffer.byteLength >= length ? Buffer.from(block.buffer) : Buffer.allocUnsafeSlow(length);
  }

  /** Only this user can read it while it has its name. */
  #open(): number {
    const path = join(tmpdir(), `storydredge-backup-${randomUUID()}`);
    const file = openSync(path, 'wx+', 0o600);
    unlinkSync(path);
    files.register(this, file);
    return file;
  }
}

const files = new FinalizationRegistry<number>(closeSync);

function writeBehind(file: number, last: Place | undefined, block: Buffer): Place {
  const at = last ? last.at + last.length : 0;
  let written = 0;
  while (written < block.length) {
    written += writeSync(file, block, written, block.length - written, at + written);
  }
  return { at, length: block.length };
}

function readPlace(file: number, { at, length }: Place, memory: Buffer): Buffer {
  let read = 0;
  while (read < length) {
    const bytes = readSync(file, memory, read, length - read, at + read);
    if (bytes === 0) throw new RangeError('a temporary file was cut off');
    read += bytes;
  }
  return memory.subarray(0, length);
}
