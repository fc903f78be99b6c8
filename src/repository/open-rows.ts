import { fitInMemory } from '../chunk/most-in-memory.ts';
import { openBlocks } from '../chunk/open-blocks.ts';
import { openChunk } from '../chunk/open-chunk.ts';
import { releaseBlocks } from '../chunk/spare-blocks.ts';
import { ownWithRoom, releaseWithRoom } from '../core/release-memory.ts';
import { SpareMemory } from '../core/spare-memory.ts';
import type { JobAnswer } from '../core/threads/worker.ts';
import type { ColumnFormat } from '../format/columns.ts';
import type { ChunkEntry } from '../format/manifest.ts';
import type { GetOptions, Store } from '../store/store.ts';
import { getChunk } from './chunks.ts';
import { PatchRows, type UsedChunk } from './patch-rows.ts';

/** What the main thread asks a thread for: the rows of a chunk, proved. */
export interface OpenJob {
  readonly kind: 'open';
  readonly entry: ChunkEntry;
  readonly body: Uint8Array;
  readonly columns: readonly ColumnFormat[];
  /** Where the rows go: as many bytes as the entry promises `COPY` text, at least. Absent where that is much: it may not be true (law 8). */
  readonly memory: ArrayBuffer | undefined;
}

export interface OpenedRows {
  readonly kind: 'open';
  readonly copyText: Uint8Array<ArrayBuffer>;
  /** That of the job, with nothing of use in it. */
  readonly body: Uint8Array;
}

/**
 * Opens a chunk, in a thread.
 * @throws BackupError `E_CHUNK_DAMAGED`
 */
export async function openRows({ body, entry, columns, memory }: OpenJob): Promise<JobAnswer<OpenedRows>> {
  const copyText = memory
    ? await openInto(memory, body, entry, columns)
    : Uint8Array.from(await openChunk(body, entry, columns));
  return { result: { kind: 'open', copyText, body }, transfer: [copyText.buffer, ...ownWithRoom(body)] };
}

/** Block by block. */
async function openInto(
  memory: ArrayBuffer,
  body: Uint8Array,
  entry: ChunkEntry,
  columns: readonly ColumnFormat[],
): Promise<Uint8Array<ArrayBuffer>> {
  const copyText = new Uint8Array(memory, 0, entry.copyBytes);
  let at = 0;
  for await (const block of openBlocks(body, entry, columns)) {
    copyText.set(block, at);
    at += block.length;
    releaseBlocks(block);
  }
  return copyText;
}

/** Threads that answer an `OpenJob` by `openRows`, among other jobs. */
export interface OpeningThreads {
  run(job: OpenJob, signal: AbortSignal, transfer: readonly ArrayBuffer[]): Promise<unknown>;
}

/** Has threads open patch chunks, one after the other in the same few pieces of memory. */
export class PatchOpener {
  readonly #threads: OpeningThreads;
  readonly #signal: AbortSignal;
  readonly #spare = new SpareMemory();

  constructor(threads: OpeningThreads, signal: AbortSignal) {
    this.#threads = threads;
    this.#signal = signal;
  }

  /**
   * The proved `COPY` text of a chunk, to be given to `letGo`.
   * @param fetch gets its stored bytes, into memory that it is given where the store can do that
   */
  async open(
    { entry, table }: UsedChunk,
    fetch: (memory: Required<Pick<GetOptions, 'into'>>) => Promise<Uint8Array>,
  ): Promise<Uint8Array> {
    const body = await fetch({ into: (bytes) => new Uint8Array(this.#take(bytes), 0, bytes) });
    const columns = table.columns.map(({ name, encoding }) => ({ name, encoding }));
    const memory = fits(entry.copyBytes) ? this.#take(entry.copyBytes) : undefined;
    const job = { kind: 'open', entry, body, columns, memory } as const;
    const opened = await this.#threads.run(job, this.#signal, [
      ...(memory ? [memory] : []),
      ...ownWithRoom(body),
    ]);
    const { copyText, body: done } = opened as OpenedRows;
    this.letGo(done);
    return copyText;
  }

  readonly letGo = (bytes: Uint8Array): void => {
    if (fits(bytes.byteLength)) this.#spare.give(...ownWithRoom(bytes));
    else releaseWithRoom(bytes);
  };

  #take(bytes: number): ArrayBuffer {
    if (!fits(bytes)) return new ArrayBuffer(bytes);
    this.#spare.used(bytes);
    return this.#spare.take(bytes);
  }
}

/** Whether bytes are few enough to be asked for before they are there, and to be kept for the next ones. */
function fits(bytes: number): boolean {
  return fitInMemory([{ bytes, copyBytes: bytes }]);
}

/** Patches that are fetched here, and opened by a thread. */
export function patchesOpenedBy(threads: OpeningThreads, store: Store, signal: AbortSignal): PatchRows {
  const opener = new PatchOpener(threads, signal);
  const open = (chunk: UsedChunk) =>
    opener.open(chunk, (memory) => getChunk(store, chunk.entry, signal, memory));
  return new PatchRows({ open, letGo: opener.letGo });
}
