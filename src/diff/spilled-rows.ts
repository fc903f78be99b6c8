import { rm } from 'node:fs/promises';
import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { rowDigest } from '../chunk/digest-rows.ts';
import { rowsOf } from '../chunk/merge-rows.ts';
import { BackupError, messageOf } from '../core/errors.ts';

export const partitions = 64;
/** Rows of one partition are written together in so many bytes. */
const extentBytes = 32 * 1024;

interface Partition {
  readonly extents: { readonly at: number; readonly bytes: number }[];
  pending: Uint8Array[];
  pendingBytes: number;
  rows: number;
  bytes: number;
}

/**
 * Rows of one side, sorted by a hash of what tells them into partitions of one temporary file: equal rows, and the two
 * versions of a row, are in the same partition of their sides. Memory holds one extent a partition (law 9).
 */
export class SpilledRows {
  readonly #file: FileHandle;
  readonly #path: string;
  readonly #partitions: readonly Partition[];
  #end = 0;

  private constructor(file: FileHandle, path: string) {
    this.#file = file;
    this.#path = path;
    this.#partitions = Array.from({ length: partitions }, () => ({
      extents: [],
      pending: [],
      pendingBytes: 0,
      rows: 0,
      bytes: 0,
    }));
  }

  /**
   * @param nameOf what tells a row, in Latin-1
   * @param level which bits of the hash choose: others where a partition is cut once more
   */
  static async write(
    pieces: AsyncIterable<Uint8Array>,
    nameOf: (row: Uint8Array) => string,
    level: number,
    folder: string,
    name: string,
  ): Promise<SpilledRows> {
    const path = join(folder, name);
    const spilled = new SpilledRows(await open(path, 'wx+', 0o600).catch(outputError), path);
    try {
      for await (const piece of pieces) {
        for (const row of rowsOf(piece)) await spilled.#add(partitionOf(nameOf(row), level), row);
      }
      for (const partition of spilled.#partitions) await spilled.#flush(partition);
      return spilled;
    } catch (error) {
      await spilled.remove();
      throw error;
    }
  }

  sizeOf(partition: number): { readonly rows: number; readonly bytes: number } {
    return this.#partitions[partition] ?? { rows: 0, bytes: 0 };
  }

  /** Pieces of whole rows. */
  async *rows(partition: number): AsyncGenerator<Uint8Array, void, undefined> {
    for (const { at, bytes } of this.#partitions[partition]?.extents ?? []) {
      const piece = Buffer.alloc(bytes);
      await this.#file.read(piece, 0, bytes, at).catch(outputError);
      yield piece;
    }
  }

  async remove(): Promise<void> {
    await this.#file.close();
    await rm(this.#path, { force: true });
  }

  async #add(number: number, row: Uint8Array): Promise<void> {
    const partition = this.#partitions[number];
    if (!partition) return;
    partition.pending.push(row);
    partition.pendingBytes += row.length;
    partition.rows += 1;
    partition.bytes += row.length;
    if (partition.pendingBytes >= extentBytes) await this.#flush(partition);
    // The rows are views: a copy lets go of the piece that they lie in.
    else partition.pending[partition.pending.length - 1] = Uint8Array.from(row);
  }

  async #flush(partition: Partition): Promise<void> {
    if (partition.pendingBytes === 0) return;
    const extent = Buffer.concat(partition.pending);
    partition.pending = [];
    partition.pendingBytes = 0;
    for (let done = 0; done < extent.length;) {
      const { bytesWritten } = await this.#file
        .write(extent, done, extent.length - done, this.#end + done)
        .catch(outputError);
      done += bytesWritten;
    }
    partition.extents.push({ at: this.#end, bytes: extent.length });
    this.#end += extent.length;
  }
}

function partitionOf(name: string, level: number): number {
  const bytes = Buffer.from(name, 'latin1');
  const bits = rowDigest(bytes, 0, bytes.length) >> BigInt(6 * level);
  return Number(bits & BigInt(partitions - 1));
}

function outputError(error: unknown): never {
  throw new BackupError('E_OUTPUT', `cannot sort rows in a temporary file: ${messageOf(error)}`, {
    cause: error,
    hint: 'Free space in the folder for temporary files, or name another one with TMPDIR.',
  });
}
