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
  #file: number | undefined;
  #isRefused = false;

  put(block: Buffer): void {
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

  get(position: number): Buffer {
    const place = this.#places[position];
    if (!place || this.#file === undefined) {
      const waiting = this.#waiting[position - this.#places.length];
      if (waiting) return waiting;
      throw new RangeError(`there is no block ${position}`);
    }
    const block = this.#read.get(position) ?? readPlace(this.#file, place);
    this.#read.delete(position);
    this.#read.set(position, block);
    const [oldest = position] = this.#read.keys();
    if (this.#read.size > mostRead) this.#read.delete(oldest);
    return block;
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

function readPlace(file: number, { at, length }: Place): Buffer {
  const block = Buffer.allocUnsafeSlow(length);
  let read = 0;
  while (read < length) {
    const bytes = readSync(file, block, read, length - read, at + read);
    if (bytes === 0) throw new RangeError('a temporary file was cut off');
    read += bytes;
  }
  return block;
}
