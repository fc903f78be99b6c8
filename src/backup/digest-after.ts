import { fitInMemory, mostToMerge } from '../chunk/most-in-memory.ts';
import { BackupError, BugError } from '../core/errors.ts';
import { formatDigest, parseDigest, subtractDigests, sumDigests } from '../format/digest.ts';
import type { PatchSlice } from '../format/manifest.ts';
import { mergeKey } from '../format/merge-key.ts';
import { getChunk } from '../repository/chunks.ts';
import { unpackKeyDigests } from './digests-by-key.ts';
import type { SliceRows, StoredChunk } from './read-job.ts';
import type { ShipContext } from './ship-context.ts';
import type { TableShipment } from './shipment.ts';
import type { PatchStep } from './range-steps.ts';

const damageCodes: readonly string[] = ['E_STORE_OBJECT_MISSING', 'E_CHUNK_DAMAGED'];

/**
 * The content digest of a range with its patch: a sum, to which new rows add theirs, and from which updates take those of
 * the rows that they override, which only the stored chunks tell (law 2). Undefined where these have no row for
 * each (keys that are equal, but written differently), where the rows are too wide for it, or where a chunk is missing or
 * damaged: the range is then read anew.
 */
export async function digestAfter(
  context: ShipContext,
  shipment: TableShipment,
  step: PatchStep,
  slices: readonly SliceRows[],
): Promise<string | undefined> {
  const added = sumDigests([step.known.digest, ...slices.map(({ digest }) => digest)]);
  if (step.change === 'inserts') return added;
  if (step.scan.rows !== step.known.rows) return undefined;
  const sizes = slices.map(({ copyBytes }) => ({ bytes: 0, copyBytes }));
  if (!fitInMemory(sizes, mostToMerge(context.parts.settings.chunkBytes))) return undefined;
  const fresh = slices.map(({ keys }) => keys).filter((keys) => keys !== null);
  if (fresh.length < slices.length) return undefined;
  try {
    const overridden = await new Overridden(context, shipment, step).digestOf(fresh.flat());
    return overridden === undefined ? undefined : subtractDigests(added, overridden);
  } catch (error) {
    if (!(error instanceof BackupError) || !damageCodes.includes(error.code)) throw error;
    context.parts.reporter.log('error', `The store's copy of a range is damaged: ${error.message}`);
    return undefined;
  }
}

/** The rows of a range that new ones take the place of: the newest of each key, as a restore puts base and patches together. */
class Overridden {
  readonly #context: ShipContext;
  readonly #shipment: TableShipment;
  readonly #step: PatchStep;
  readonly #key: readonly number[];

  constructor(context: ShipContext, shipment: TableShipment, step: PatchStep) {
    this.#context = context;
    this.#shipment = shipment;
    this.#step = step;
    const { definition, rangeKind } = shipment.plan;
    this.#key = mergeKey({ ...definition, rangeKind });
  }

  /**
   * @param fresh keys of the new rows
   * @returns undefined unless there is one for each
   */
  async digestOf(fresh: readonly string[]): Promise<string | undefined> {
    const missing = new Set(fresh);
    if (missing.size < fresh.length) return undefined;
    let sum = 0n;
    for (const patch of this.#step.known.patches.toReversed()) {
      if (missing.size === 0) break;
      sum += await this.#takeFrom(patch, missing);
    }
    if (missing.size === 0) return formatDigest(sum);
    const found = await this.#inBase([...missing]);
    return found === undefined ? undefined : formatDigest(sum + parseDigest(found));
  }

  /** The sum of those rows of a patch that are missing, which then are no more. A patch chunk holds patches of other ranges, too. */
  async #takeFrom({ chunk, first, rows }: PatchSlice, missing: Set<string>): Promise<bigint> {
    const { columns } = this.#shipment.plan.definition;
    const entry = this.#entryOf(chunk);
    const packed = await this.#context.patchKeys.of(chunk, entry.rows, async () => {
      const job = { chunk: await this.#fetch(chunk), columns, key: this.#key };
      return (await this.#context.digestKeys(job)).rows;
    });
    let sum = 0n;
    for (const { key, digest } of unpackKeyDigests(packed, first, rows))
      if (missing.delete(key)) sum += digest;
    return sum;
  }

  async #inBase(keys: readonly string[]): Promise<string | undefined> {
    const { columns } = this.#shipment.plan.definition;
    const chunk = await this.#fetch(this.#step.known.base);
    const find = async () => this.#context.findRows({ chunk, columns, key: this.#key, keys });
    return (await this.#context.parts.workers.proofs.use(find)).digest;
  }

  #entryOf(number: number): StoredChunk['entry'] {
    const entry = this.#shipment.plan.chunks.get(number);
    if (!entry) throw new BugError(`chunk ${number} of a known range is unknown`);
    return entry;
  }

  async #fetch(number: number): Promise<StoredChunk> {
    const { store, signal, pool } = this.#context.parts;
    const entry = this.#entryOf(number);
    return { entry, body: await getChunk(store, entry, signal, pool.lent) };
  }
}
