import { BugError } from '../core/errors.ts';
import type { KeyValue } from '../format/manifest.ts';
import type { Bounds } from '../ranges/range-source.ts';
import { baseEntry, keptRange, placeChunk, requireRows } from './base-entry.ts';
import { InTurn } from './in-turn.ts';
import { rangeRequest } from './range-request.ts';
import type { RowsPart, SealedRows } from './read-job.ts';
import type { RangeShipper } from './range-shipper.ts';
import type { RowsRequest, ShipContext } from './ship-context.ts';
import type { TableShipment } from './shipment.ts';
import { storeRanges } from './store-ranges.ts';
import type { BaseStep } from './range-steps.ts';

/**
 * Ships a key range. Where it is too large in bytes, each chunk becomes a range of its own that ends at the chunk's last
 * key, is stored while the next one is read, and counts from then on, whatever becomes of the rest.
 */
export class KeyParts implements RangeShipper {
  readonly #context: ShipContext;
  readonly #shipment: TableShipment;
  readonly #step: BaseStep;
  readonly #storing = new InTurn();
  /** Where the rows begin that were not taken yet. */
  #lo: KeyValue | null;
  #rows = 0;
  /** The part that seems to be the last one, until it is known that nothing follows. */
  #last: SealedRows | undefined;

  constructor(context: ShipContext, shipment: TableShipment, step: BaseStep) {
    this.#context = context;
    this.#shipment = shipment;
    this.#step = step;
    this.#lo = step.lo;
  }

  request(): RowsRequest {
    // What may not have been the last part comes again.
    this.#rows -= this.#last?.rows ?? 0;
    this.#last = undefined;
    const { hi, scan } = this.#step;
    return rangeRequest(this.#shipment.plan, { lo: this.#lo, hi }, scan.rows - this.#rows);
  }

  async take({ sealed }: RowsPart): Promise<void> {
    this.#rows += sealed.rows;
    if (this.#rows >= this.#step.scan.rows) {
      if (this.#last) requireRows(this.#step, this.#rows);
      this.#last = sealed;
      return;
    }
    const bounds = { lo: this.#lo, hi: sealed.lastKey };
    this.#lo = sealed.lastKey;
    await this.#storing.begin(() => this.#storePart(bounds, sealed));
  }

  async end(): Promise<void> {
    requireRows(this.#step, this.#rows);
    const last = this.#last;
    if (!last) throw new BugError('a range without rows was shipped');
    const bounds = { lo: this.#lo, hi: this.#step.hi };
    const isWhole = last.rows === this.#rows;
    await this.#storing.begin(() => (isWhole ? this.#storeWhole(last) : this.#storePart(bounds, last)));
    await this.#storing.end();
  }

  settle(): Promise<void> {
    return this.#storing.settle();
  }

  async #storeWhole(sealed: SealedRows): Promise<void> {
    const step = this.#step;
    const kept = keptRange(this.#shipment, step, sealed, this.#context.snapshotXmin);
    if (!kept) return this.#storeAs(step, step, sealed);
    await this.#context.letGo(sealed.content);
    await storeRanges(this.#context, this.#shipment, [{ step, ranges: [kept] }], []);
  }

  async #storePart(bounds: Bounds, sealed: SealedRows): Promise<void> {
    const [scan] = await this.#shipment.plan.strategy.scan([{ ...bounds, asOf: null }]);
    if (scan?.rows !== sealed.rows) throw new BugError('a cut range was counted differently');
    const recent = this.#step.recent && this.#step.scan.recent === 0 ? [] : null;
    await this.#storeAs({ scan, recent }, bounds, sealed);
  }

  async #storeAs(
    facts: Pick<BaseStep, 'scan' | 'recent'>,
    bounds: Bounds,
    sealed: SealedRows,
  ): Promise<void> {
    const step = this.#step;
    const placed = await placeChunk(this.#context, this.#shipment, 'base', sealed, step.replaces?.base);
    const range = baseEntry(facts, bounds, placed.entry, this.#context.snapshotXmin);
    await storeRanges(this.#context, this.#shipment, [{ step, ranges: [range] }], placed.uploads);
  }
}
