import { blockBytes } from '../chunk/in-blocks.ts';
import { BugError } from '../core/errors.ts';
import { SpareMemory } from '../core/spare-memory.ts';
import type { KeyValue } from '../format/manifest.ts';
import type { Session } from '../postgres/session.ts';
import { copyPortions } from './portions/copy-portions.ts';
import type { ReadPace } from './portions/read-pace.ts';
import type { RowBuffer } from './row-buffer.ts';
import { RowCuts } from './row-cuts.ts';
import { lastKeyOf, RowSealer } from './row-sealer.ts';
import type { ReadRowsJob, RowsPart, RowsResult } from './read-job.ts';
import { SliceCutter } from './slice-cutter.ts';
import { WideRow, wideRowBytes } from './wide-row.ts';

const newline = 0x0a;
/** Bytes of a wide row that are worked on at once. */
const wideBlockBytes = 1024 * 1024;

/** What this thread's chunks lie in: it comes back when they are stored. */
const spare = new SpareMemory();

export function takeBack(memory: readonly ArrayBuffer[]): void {
  spare.give(...memory);
}

/** Takes a chunk that is closed while more rows follow; no further ones are read until it resolves. */
export type GiveRows = (part: RowsPart) => Promise<void>;

/**
 * Reads the rows of a job and seals them. A chunk is closed before the row that would take it beyond `chunkBytes`, so that
 * the same rows always give the same chunks, and leaves at once: memory holds one chunk, whatever the range holds (law
 * 9). The last chunk, which for most ranges is the only one, is the result. Where there are `cuts`, small chunks are kept for
 * the result too, up to `chunkBytes`: to hand out each would take longer than to make it.
 *
 * @param pace holds the reading back, where there is a rate to keep to
 * @param buffer holds nothing that is still of use; nobody else may use it meanwhile
 */
export async function readRows(
  session: Session,
  job: ReadRowsJob,
  buffer: RowBuffer,
  give: GiveRows,
  pace?: ReadPace,
): Promise<RowsResult> {
  const reader = new RowReader(job, buffer, give);
  buffer.clear();
  try {
    const take = (piece: Uint8Array) => {
      const taken = reader.take(piece);
      const held = pace?.limit.take(piece.byteLength);
      return taken && held ? Promise.all([taken, held]).then(() => undefined) : (taken ?? held);
    };
    await copyPortions(session, job, take, () => reader.lastKey(), pace);
    return { kind: 'read', ...(await reader.end()) };
  } finally {
    await reader.close();
    buffer.shrink();
  }
}

class RowReader {
  readonly #job: ReadRowsJob;
  readonly #buffer: RowBuffer;
  readonly #give: GiveRows;
  readonly #slices: SliceCutter;
  readonly #cuts: RowCuts;
  readonly #sealer: RowSealer;
  /** Whether rows can be sealed as they come, whatever number of them a chunk will have. */
  readonly #inBlocks: boolean;
  /** Chunks that were neither given out nor are the last one. */
  #kept: RowsPart[] = [];
  #keptBytes = 0;
  readonly #wideBytes: number;
  /** The row under way that is too wide for memory: the buffer holds what was not written to it yet. */
  #wide: WideRow | undefined;
  /** Of the last row that was sealed. */
  #sealedKey: KeyValue = [];

  constructor(job: ReadRowsJob, buffer: RowBuffer, give: GiveRows) {
    this.#job = job;
    this.#buffer = buffer;
    this.#give = give;
    this.#slices = new SliceCutter(job);
    this.#cuts = new RowCuts(job.cuts ?? []);
    this.#sealer = new RowSealer(job, spare);
    this.#inBlocks = !job.cuts;
    this.#wideBytes = wideRowBytes(job);
  }

  take(piece: Uint8Array): Promise<void> | undefined {
    const buffer = this.#buffer;
    buffer.append(piece);
    if (this.#wide) return buffer.length >= wideBlockBytes ? this.#writeWide(this.#wide) : undefined;
    if (this.#bytes <= this.#job.chunkBytes) return this.#inBlocks ? this.#sealBlocks() : undefined;
    if (buffer.hasRows || this.#sealer.copyBytes > 0) return this.#close();
    return buffer.length >= this.#wideBytes ? this.#beginWide() : undefined;
  }

  /** Of the chunk under way, with all that has come after it. */
  get #bytes(): number {
    return this.#sealer.copyBytes + this.#buffer.length;
  }

  #sealBlocks(): undefined {
    const buffer = this.#buffer;
    while (buffer.length >= blockBytes && buffer.hasRows) {
      this.#seal(buffer.rows(blockBytes));
    }
  }

  /** Of the rows that have come, of which the last one is whole. */
  async lastKey(): Promise<KeyValue> {
    if (this.#wide) await this.#pass(await this.#endWide(this.#wide));
    const rows = this.#buffer.bytes();
    return rows.length > 0 ? lastKeyOf(rows, this.#job.key) : this.#sealedKey;
  }

  #seal(rows: Uint8Array): void {
    this.#sealer.add(rows);
    this.#sealedKey = this.#sealer.lastKey;
    this.#slices.add(rows);
    this.#buffer.drop(rows.length);
  }

  /** The last chunk, null where there are no rows behind those that were given, and those that were kept. */
  async end(): Promise<Omit<RowsResult, 'kind'>> {
    let last: RowsPart | null = null;
    if (this.#wide) last = await this.#endWide(this.#wide);
    while (this.#bytes > 0) {
      if (last) await this.#pass(last);
      last = await this.#sealNext();
    }
    return { before: this.#kept, last };
  }

  /** Removes what was left of a read that did not end, or of a row whose end did not come. */
  async close(): Promise<void> {
    this.#sealer.abandon();
    await this.#wide?.abandon();
  }

  async #close(): Promise<void> {
    do await this.#pass(await this.#sealNext());
    while (this.#buffer.hasRows && this.#buffer.length > this.#job.chunkBytes);
  }

  /** Closes the chunk with those of the rows that it has room for, and one in any case. */
  async #sealNext(): Promise<RowsPart> {
    const { copyBytes } = this.#sealer;
    const { chunkBytes } = this.#job;
    const copyText =
      copyBytes > 0
        ? this.#buffer.rowsThatFit(chunkBytes - copyBytes)
        : this.#cuts.next(this.#buffer.rows(chunkBytes));
    if (copyBytes + copyText.length === 0) throw new BugError('the last row of a copy has no end');
    this.#seal(copyText);
    const slices = this.#slices.finish();
    const sealed = await this.#sealer.finish();
    this.#cuts.taken(sealed.rows);
    return { sealed, slices };
  }

  /** Gives a chunk out, or keeps it while those that are kept are small. */
  async #pass(part: RowsPart): Promise<void> {
    this.#keptBytes += part.sealed.bytes;
    if (this.#job.cuts && this.#keptBytes <= this.#job.chunkBytes) {
      this.#kept.push(part);
      return;
    }
    for (const kept of this.#kept.splice(0)) await this.#give(kept);
    this.#keptBytes = 0;
    await this.#give(part);
  }

  async #beginWide(): Promise<void> {
    this.#wide = await WideRow.begin(this.#job);
    await this.#writeWide(this.#wide);
  }

  async #writeWide(wide: WideRow): Promise<void> {
    if (this.#buffer.bytes().includes(newline)) return this.#pass(await this.#endWide(wide));
    await this.#moveTo(wide, this.#buffer.length);
  }

  async #endWide(wide: WideRow): Promise<RowsPart> {
    await this.#moveTo(wide, this.#buffer.bytes().indexOf(newline) + 1);
    const sealed = await wide.finish();
    this.#wide = undefined;
    this.#sealedKey = sealed.lastKey;
    this.#cuts.taken(1);
    return { sealed, slices: this.#slices.takeRow(sealed) };
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
