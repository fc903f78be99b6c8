import { mkdir, open, readFile, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { BackupError, codeOf, messageOf } from '../core/errors.ts';
import {
  checkpointTail,
  formatCheckpointLine,
  formatCheckpointHead,
  parseCheckpoint,
  type Checkpoint,
  type CheckpointEntry,
  type CheckpointHead,
  type CheckpointLine,
  type CheckpointPart,
} from '../format/checkpoint.ts';

export type CheckpointRead =
  | { readonly kind: 'missing' }
  | { readonly kind: 'unusable'; readonly reason: string }
  | { readonly kind: 'read'; readonly checkpoint: Checkpoint };

/** Reads the checkpoint. Whatever is wrong with it is a reason to do without it, never a failure. */
export async function readCheckpoint(path: string): Promise<CheckpointRead> {
  try {
    return { kind: 'read', checkpoint: parseCheckpoint(await readFile(path, 'utf8')) };
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return { kind: 'missing' };
    return { kind: 'unusable', reason: messageOf(error) };
  }
}

/** Characters of text that are collected for one write. */
const writeSize = 1 << 20;

/**
 * The checkpoint of a run in progress. Entries are appended one at a time; the file is a whole JSON text after each.
 * @throws BackupError E_CHECKPOINT where it cannot be written
 */
export class CheckpointWriter {
  readonly #path: string;
  #file: FileHandle | undefined;
  /** Where the tail begins, in bytes. */
  #end = 0;
  #part: CheckpointPart;
  #last: Promise<void> = Promise.resolve();

  private constructor(path: string, head: CheckpointPart) {
    this.#path = path;
    this.#part = head;
  }

  /** Replaces the file as a whole, with entries whose chunks are durable: there is always the old checkpoint or the new. */
  static async create(
    path: string,
    head: CheckpointHead,
    entries: readonly CheckpointEntry[],
  ): Promise<CheckpointWriter> {
    const writer = new CheckpointWriter(path, formatCheckpointHead(head));
    await writer.#start(entries);
    return writer;
  }

  async #start(entries: readonly CheckpointEntry[]): Promise<void> {
    const temporary = `${this.#path}.${process.pid}.tmp`;
    try {
      await mkdir(dirname(this.#path), { recursive: true });
      await rm(temporary, { force: true });
      this.#file = await open(temporary, 'wx', 0o600);
      await this.#writeAll(entries);
      await rename(temporary, this.#path);
    } catch (error) {
      await this.#file?.close();
      await rm(temporary, { force: true }).catch(() => undefined);
      throw this.#failure(error);
    }
  }

  async #writeAll(entries: readonly CheckpointEntry[]): Promise<void> {
    let text = this.#part.text;
    const stored = entries.flatMap(({ chunks }) => chunks.map(({ number }) => number));
    const lines: CheckpointLine[] = entries.map((entry) => ({ entry }));
    for (const line of entries.length > 0 ? [...lines, { stored }] : lines) {
      this.#part = formatCheckpointLine(line, this.#part);
      text += this.#part.text;
      if (text.length < writeSize) continue;
      await this.#write(text);
      text = '';
    }
    await this.#write(text);
  }

  /** Tells of ranges whose chunks are about to be put. Resolves when that survives the end of this process. */
  async append(...entries: readonly CheckpointEntry[]): Promise<void> {
    if (entries.length > 0) await this.#add(entries.map((entry) => ({ entry })));
  }

  /** Tells that chunks are durable. */
  async confirm(stored: readonly number[]): Promise<void> {
    if (stored.length > 0) await this.#add([{ stored }]);
  }

  /** One write for all lines: all are there, or none. */
  async #add(lines: readonly CheckpointLine[]): Promise<void> {
    const write = this.#last.then(async () => {
      let [part, text] = [this.#part, ''];
      for (const line of lines) {
        part = formatCheckpointLine(line, part);
        text += part.text;
      }
      await this.#write(text);
      this.#part = part;
    });
    this.#last = write.catch(() => undefined);
    await write.catch((error: unknown) => {
      throw this.#failure(error);
    });
  }

  /** Writes text over the tail, and the tail behind it. */
  async #write(text: string): Promise<void> {
    if (!this.#file) throw new Error('it is closed');
    const bytes = Buffer.from(text + checkpointTail);
    try {
      await writeFully(this.#file, bytes, this.#end);
    } catch (error) {
      await this.#restoreTail(this.#file).catch(() => undefined);
      throw error;
    }
    this.#end += bytes.length - checkpointTail.length;
  }

  /** Takes back what a full disk let through of an entry: the space of the tail is there already. */
  async #restoreTail(file: FileHandle): Promise<void> {
    await writeFully(file, Buffer.from(checkpointTail), this.#end);
    await file.truncate(this.#end + checkpointTail.length);
  }

  async close(): Promise<void> {
    await this.#last;
    const file = this.#file;
    this.#file = undefined;
    await file?.sync().catch(() => undefined);
    await file?.close();
  }

  #failure(error: unknown): BackupError {
    return new BackupError('E_CHECKPOINT', `cannot write the checkpoint ${this.#path}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** A write may take less than it is given, when the disk is about to be full. */
async function writeFully(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  let written = 0;
  while (written < bytes.length) {
    const { bytesWritten } = await file.write(bytes, written, bytes.length - written, position + written);
    written += bytesWritten;
  }
}
