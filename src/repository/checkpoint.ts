import { mkdir, open, readFile, rename, writeFile, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { BackupError, codeOf, messageOf } from '../core/errors.ts';
import {
  checkpointTail,
  formatCheckpointEntry,
  formatCheckpointHead,
  parseCheckpoint,
  type Checkpoint,
  type CheckpointEntry,
  type CheckpointHead,
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

/**
 * The checkpoint of a run in progress. Entries are appended one at a time; the file is a whole JSON text after each.
 * @throws BackupError E_CHECKPOINT where it cannot be written
 */
export class CheckpointWriter {
  readonly #path: string;
  #file: FileHandle | undefined;
  #end = 0;
  #entries = 0;
  #last: Promise<void> = Promise.resolve();

  private constructor(path: string) {
    this.#path = path;
  }

  /** Replaces the file as a whole: at any moment there is the old checkpoint or the new one. */
  static async create(
    path: string,
    head: CheckpointHead,
    entries: readonly CheckpointEntry[],
  ): Promise<CheckpointWriter> {
    const writer = new CheckpointWriter(path);
    await writer.#start(head, entries);
    return writer;
  }

  async #start(head: CheckpointHead, entries: readonly CheckpointEntry[]): Promise<void> {
    const temporary = `${this.#path}.${process.pid}.tmp`;
    try {
      await mkdir(dirname(this.#path), { recursive: true });
      let text = formatCheckpointHead(head);
      for (const [index, entry] of entries.entries()) {
        text = text.slice(0, -checkpointTail.length) + formatCheckpointEntry(entry, index === 0);
      }
      await writeFile(temporary, text, { mode: 0o600 });
      await rename(temporary, this.#path);
      this.#file = await open(this.#path, 'r+');
      this.#end = Buffer.byteLength(text) - checkpointTail.length;
      this.#entries = entries.length;
    } catch (error) {
      throw this.#failure(error);
    }
  }

  /** Resolves when the entry is in the file: it survives the end of this process. */
  async append(entry: CheckpointEntry): Promise<void> {
    const write = this.#last.then(async () => {
      const text = Buffer.from(formatCheckpointEntry(entry, this.#entries === 0));
      await this.#file?.write(text, 0, text.length, this.#end);
      this.#end += text.length - checkpointTail.length;
      this.#entries += 1;
    });
    this.#last = write.catch(() => undefined);
    await write.catch((error: unknown) => {
      throw this.#failure(error);
    });
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
