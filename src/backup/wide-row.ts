import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { Transform } from 'node:stream';
import { BackupError, BugError, messageOf } from '../core/errors.ts';
import { readTemporaryFile, removeTemporaryFile, TemporaryFile } from '../core/temporary-files.ts';
import { compressor } from '../chunk/compress.ts';
import { KeyFields } from '../chunk/key-fields.ts';
import { openPieces } from '../chunk/open-pieces.ts';
import { RowsEncoder } from '../chunk/rows-encoder.ts';
import { RowsSum } from '../chunk/rows-sum.ts';
import type { ReadRowsJob, SealedRows } from './read-job.ts';

/** A row of more bytes than this goes through a file, whatever the bytes of a chunk. */
const leastWideBytes = 8 * 1024 * 1024;

/** From how many bytes of `COPY` text on a row is too wide for memory: it then is a chunk of its own. */
export function wideRowBytes({ chunkBytes }: Pick<ReadRowsJob, 'chunkBytes'>): number {
  return Math.max(chunkBytes, leastWideBytes);
}

/**
 * Seals one row that comes in pieces as a chunk of its own, in memory of a few megabytes (law 9): encoded, digested and
 * compressed into a temporary file on its way, and proved by decoding that file again (law 2).
 */
export class WideRow {
  readonly #job: ReadRowsJob;
  readonly #temporary: TemporaryFile;
  readonly #encoder: RowsEncoder;
  readonly #compressor: Transform;
  readonly #written: Promise<void>;
  readonly #key: KeyFields;
  readonly #rows = new RowsSum();
  readonly #copyHash = createHash('sha256');
  readonly #objectHash = createHash('sha256');
  #copyBytes = 0;
  #bytes = 0;

  private constructor(job: ReadRowsJob, temporary: TemporaryFile) {
    this.#job = job;
    this.#temporary = temporary;
    this.#encoder = new RowsEncoder(job.columns);
    this.#compressor = compressor(job.compression);
    this.#key = new KeyFields(job.key);
    this.#written = this.#writeFile();
    this.#written.catch(() => {});
  }

  static async begin(job: ReadRowsJob): Promise<WideRow> {
    return new WideRow(job, await TemporaryFile.create(job.temporaryFolder));
  }

  /** @param piece of the row, with its newline at the end of the last one; not kept */
  async write(piece: Uint8Array): Promise<void> {
    this.#copyBytes += piece.length;
    this.#copyHash.update(piece);
    this.#rows.update(piece);
    this.#key.update(piece);
    for (const json of this.#encoder.write(piece)) await this.#compress(json);
  }

  /** The sealed chunk: its file is the caller's to remove. */
  async finish(): Promise<SealedRows> {
    for (const json of this.#encoder.end()) await this.#compress(json);
    this.#compressor.end();
    await this.#written;
    await this.#temporary.close();
    const { rows, digest } = this.#rows.result();
    if (rows !== 1) throw new BugError(`a wide row is ${rows} rows`);
    const facts = {
      rows,
      bytes: this.#bytes,
      sha256: this.#objectHash.digest('hex'),
      copyBytes: this.#copyBytes,
      copySha256: this.#copyHash.digest('hex'),
      digest,
    };
    await this.#prove(facts);
    const key = this.#key.values();
    return { content: { path: this.#temporary.path }, ...facts, firstKey: key, lastKey: key };
  }

  /** Ends the work on a row whose end does not come. */
  async abandon(): Promise<void> {
    this.#compressor.destroy();
    await this.#written.catch(() => {});
    await this.#temporary.close();
    await removeTemporaryFile(this.#temporary.path);
  }

  async #compress(json: Uint8Array): Promise<void> {
    if (this.#compressor.write(json)) return;
    await Promise.race([once(this.#compressor, 'drain'), this.#written]);
  }

  async #writeFile(): Promise<void> {
    for await (const piece of this.#compressor as AsyncIterable<Uint8Array>) {
      this.#bytes += piece.length;
      this.#objectHash.update(piece);
      await this.#temporary.append(piece);
    }
  }

  async #prove(facts: Omit<SealedRows, 'content' | 'firstKey' | 'lastKey'>): Promise<void> {
    const { columns, compression } = this.#job;
    const stored = readTemporaryFile(this.#temporary.path);
    const entry = { ...facts, compression, key: 'of one row' };
    try {
      for await (const _piece of openPieces(stored, entry, columns));
    } catch (cause) {
      throw new BackupError('E_ENCODE', `a chunk does not decode again: ${messageOf(cause)}`, { cause });
    }
  }
}
