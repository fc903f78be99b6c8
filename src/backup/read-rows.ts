import { fieldOf, unescapeField } from '../chunk/fields.ts';
import { sealChunk } from '../chunk/seal-chunk.ts';
import { splitRows } from '../chunk/split-rows.ts';
import type { RateLimit } from '../core/rate-limit.ts';
import type { Session } from '../postgres/session.ts';
import type { RowBuffer } from './row-buffer.ts';
import type { ReadRowsJob, RowsPart, RowsResult, SealedRows } from './read-job.ts';
import { SliceCutter, ownBuffer } from './slice-cutter.ts';
import { WideRow, wideRowBytes } from './wide-row.ts';

const newline = 0x0a;
/** Bytes of a wide row that are worked on at once. */
const wideBlockBytes = 1024 * 1024;

/** Takes a chunk that is closed while more rows follow; no further ones are read until it resolves. */
export type GiveRows = (part: RowsPart) => Promise<void>;

/**
 * Reads the rows of a job and seals them. A chunk is closed before the row that would take it beyond `chunkBytes`, so that
 * the same rows always give the same chunks, and leaves at once: memory holds one chunk, whatever the range holds (law
 * 9). The last chunk, which for most ranges is the only one, is the result.
 *
 * @param limit holds the reading back, where there is a rate to keep to
 * @param buffer holds nothing that is still of use; nobody else may use it meanwhile
 */
export async function readRows(
  session: Session,
  job: ReadRowsJob,
  buffer: RowBuffer,
  give: GiveRows,
  limit?: RateLimit,
): Promise<RowsResult> {
  const reader = new RowReader(job, buffer, give);
  buffer.clear();
  try {
    const take = (piece: Uint8Array) => {
      const taken = reader.take(piece);
      const held = limit?.take(piece.byteLength);
      return taken && held ? Promise.all([taken, held]).then(() => undefined) : (taken ?? held);
    };
    await session.copyRows(job.sql, take, job.doing);
    return { kind: 'read', last: await reader.end() };
  } finally {
    await reader.close();
  }
}

class RowReader {
  readonly #job: ReadRowsJob;
  readonly #buffer: RowBuffer;
  readonly #give: GiveRows;
  readonly #slices: SliceCutter;
  readonly #wideBytes: number;
  /** The row under way that is too wide for memory: the buffer holds what was not written to it yet. */
  #wide: WideRow | undefined;

  constructor(job: ReadRowsJob, buffer: RowBuffer, give: GiveRows) {
    this.#job = job;
    this.#buffer = buffer;
    this.#give = give;
    this.#slices = new SliceCutter(job.slices);
    this.#wideBytes = wideRowBytes(job);
  }

  take(piece: Uint8Array): Promise<void> | undefined {
    const buffer = this.#buffer;
    buffer.append(piece);
    if (this.#wide) return buffer.length >= wideBlockBytes ? this.#writeWide(this.#wide) : undefined;
    if (buffer.length <= this.#job.chunkBytes) return undefined;
    if (buffer.hasRows) return this.#close();
    return buffer.length >= this.#wideBytes ? this.#beginWide() : undefined;
  }

  /** The last chunk; null where there are no rows behind those that were given. */
  async end(): Promise<RowsPart | null> {
    if (this.#wide) {
      const part = await this.#endWide(this.#wide);
      if (this.#buffer.length === 0) return part;
      await this.#give(part);
    }
    while (this.#buffer.length > this.#job.chunkBytes) await this.#close();
    return this.#buffer.length > 0 ? this.#seal() : null;
  }

  /** Removes what a row left whose end did not come. */
  async close(): Promise<void> {
    await this.#wide?.abandon();
  }

  async #close(): Promise<void> {
    const part = await this.#seal();
    this.#buffer.drop(part.sealed.copyBytes);
    await this.#give(part);
  }

  async #seal(): Promise<RowsPart> {
    const copyText = this.#buffer.rows(this.#job.chunkBytes);
    const sealed = await seal(copyText, this.#job);
    return { sealed, slices: this.#slices.cut(copyText) };
  }

  async #beginWide(): Promise<void> {
    this.#wide = await WideRow.begin(this.#job);
    await this.#writeWide(this.#wide);
  }

  async #writeWide(wide: WideRow): Promise<void> {
    if (this.#buffer.bytes().includes(newline)) return this.#give(await this.#endWide(wide));
    await this.#moveTo(wide, this.#buffer.length);
  }

  async #endWide(wide: WideRow): Promise<RowsPart> {
    await this.#moveTo(wide, this.#buffer.bytes().indexOf(newline) + 1);
    const sealed = await wide.finish();
    this.#wide = undefined;
    return { sealed, slices: this.#slices.takeRow(sealed.digest) };
  }

  /** Moves the first bytes of the buffer to the row, so many at once as it works on. */
  async #moveTo(wide: WideRow, bytes: number): Promise<void> {
    const text = this.#buffer.bytes().subarray(0, bytes);
    for (let at = 0; at < bytes; at += wideBlockBytes) {
      await wide.write(text.subarray(at, at + wideBlockBytes));
    }
    this.#buffer.drop(bytes);
  }
}

async function seal(copyText: Uint8Array, job: ReadRowsJob): Promise<SealedRows> {
  const { body, rows, bytes, sha256, copyBytes, copySha256, digest } = await sealChunk(
    copyText,
    job.columns,
    job.compression,
  );
  const starts = splitRows(copyText);
  const keyAt = (row: number) =>
    job.key.map((position) => {
      const field = fieldOf(copyText, starts[row] ?? 0, (starts[row + 1] ?? copyText.length) - 1, position);
      return unescapeField(field) ?? '';
    });
  const content = ownBuffer(body);
  const keys = { firstKey: keyAt(0), lastKey: keyAt(rows - 1) };
  return { content, rows, bytes, sha256, copyBytes, copySha256, digest, ...keys };
}
