import { BackupError } from '../../core/errors.ts';
import { NumberSet } from '../../core/number-set.ts';
import { chunkNumber, chunkPrefix } from '../../format/keys.ts';
import type { EntryBuilder } from '../../format/entries.ts';
import type { EntryKeeper } from '../../format/manifest-collector.ts';
import type { ChunkEntry, RangeEntry } from '../../format/manifest.ts';
import { chunkCodec, numberOfChunk } from '../../format/packed-chunks.ts';
import type { PackedPlace } from '../../format/packed-place.ts';
import { readManifest } from '../../repository/manifests.ts';
import type { Store } from '../../store/store.ts';

/**
 * What the manifests that stay name, and what of it is there. Chunks are known by their numbers: one is handed out once in
 * the life of a store, and where two runs raced for one, both chunks are kept for the sake of the one that is named.
 */
export class NamedObjects {
  readonly #store: Store;
  readonly #signal: AbortSignal;
  readonly #chunks = new NumberSet();
  readonly #schemas = new Set<string>();

  constructor(store: Store, signal: AbortSignal) {
    this.#store = store;
    this.#signal = signal;
  }

  /**
   * Adds what a manifest names.
   *
   * @param present the chunks that are there, where it is to be asked whether the restore point is whole
   * @returns why it is not; undefined where it is, or is gone meanwhile
   * @throws BackupError E_MANIFEST_VERSION
   */
  async add(key: string, present?: NumberSet): Promise<string | undefined> {
    // What is damaged may be removed, and bytes may be changed on their way: it is read twice.
    return (await this.#read(key, present)) && (await this.#read(key, present));
  }

  async #read(key: string, present: NumberSet | undefined): Promise<string | undefined> {
    const found = new ChunkNumbers(present);
    try {
      const keeper: EntryKeeper = {
        chunks: () => found,
        ranges: () => noRanges,
      };
      const { manifest } = await readManifest(this.#store, key, this.#signal, keeper);
      const { missing, example } = found;
      if (missing > 0) return `the store lacks ${missing} of its chunks, such as ${example}`;
      this.#chunks.addAll(found.numbers);
      if (manifest.schemaDump) this.#schemas.add(manifest.schemaDump.key);
      return undefined;
    } catch (error) {
      if (!(error instanceof BackupError)) throw error;
      if (error.code === 'E_STORE_OBJECT_MISSING') return undefined;
      if (error.code === 'E_MANIFEST_DAMAGED') return error.message;
      throw error;
    }
  }

  hasChunk(number: number): boolean {
    return this.#chunks.has(number);
  }

  hasSchema(key: string): boolean {
    return this.#schemas.has(key);
  }
}

/** Of the chunks of one manifest, as it is read: their numbers, and which of them are missing (law 9). */
class ChunkNumbers implements EntryBuilder<ChunkEntry> {
  readonly numbers = new NumberSet();
  missing = 0;
  /** Key of one that is missing. */
  example = '';
  readonly #present: NumberSet | undefined;

  constructor(present: NumberSet | undefined) {
    this.#present = present;
  }

  add({ number, key }: ChunkEntry): void {
    this.numbers.add(number);
    if (!this.#isMissing(number)) return;
    this.missing += 1;
    this.example = key;
  }

  addPacked(place: PackedPlace): void {
    const number = numberOfChunk(place);
    if (this.#isMissing(number)) this.add(chunkCodec.read(place));
    else this.numbers.add(number);
  }

  #isMissing(number: number): boolean {
    return this.#present !== undefined && !this.#present.has(number);
  }

  finish(): readonly ChunkEntry[] {
    return [];
  }
}

const noRanges: EntryBuilder<RangeEntry> = {
  add: () => undefined,
  addPacked: () => undefined,
  finish: () => [],
};

/** Adds the numbers of all chunks in the store. */
export async function addPresentChunks(present: NumberSet, store: Store, signal: AbortSignal): Promise<void> {
  for await (const { key } of store.list(chunkPrefix, { signal })) {
    const number = chunkNumber(key);
    if (number !== undefined) present.add(number);
  }
}
