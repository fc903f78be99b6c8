import { sameKey } from '../ranges/cut.ts';
import { baseEntry, placeChunk, requireRows } from './base-entry.ts';
import { rangeRequest } from './range-request.ts';
import type { RowsPart, SealedRows } from './read-job.ts';
import { shipBase } from './ship-base.ts';
import type { Reading, RowsRequest, ShipContext, Upload } from './ship-context.ts';
import type { TableShipment } from './shipment.ts';
import { storeRanges, type StepEnd } from './store-ranges.ts';
import type { BaseStep } from './range-steps.ts';

/**
 * Ships small new key ranges that follow one another by one read: a statement, a job and an entry of the checkpoint for each of
 * them would take longer than its rows. A range whose rows are not exactly those that were counted is shipped by itself.
 */
export async function shipNeighbours(
  context: ShipContext,
  shipment: TableShipment,
  steps: readonly [BaseStep, ...BaseStep[]],
): Promise<void> {
  const ranges = new NeighbourRanges(context, shipment, steps);
  const last = await context.readRows(shipment, ranges);
  if (last) await ranges.take(last);
  await ranges.store();
  for (const step of ranges.unfit) await shipBase(context, shipment, step);
}

class NeighbourRanges implements Reading {
  readonly #context: ShipContext;
  readonly #shipment: TableShipment;
  readonly #steps: readonly [BaseStep, ...BaseStep[]];
  readonly #lastStep: BaseStep;
  /** Of the first steps, one each: each holds exactly the rows of its range. */
  #sealed: SealedRows[] = [];
  /** Whether a chunk came that is no range: nothing that follows it is one. */
  #isCutElsewhere = false;

  constructor(context: ShipContext, shipment: TableShipment, steps: readonly [BaseStep, ...BaseStep[]]) {
    this.#context = context;
    this.#shipment = shipment;
    this.#steps = steps;
    this.#lastStep = steps.at(-1) ?? steps[0];
  }

  get unfit(): readonly BaseStep[] {
    return this.#steps.slice(this.#sealed.length);
  }

  request(): RowsRequest {
    this.#sealed = [];
    this.#isCutElsewhere = false;
    const bounds = { lo: this.#steps[0].lo, hi: this.#lastStep.hi };
    const cuts = this.#steps.map(({ scan }) => scan.rows);
    const rows = cuts.reduce((sum, each) => sum + each, 0);
    return { ...rangeRequest(this.#shipment.plan, bounds, rows), cuts };
  }

  async take({ sealed }: RowsPart): Promise<void> {
    const step = this.#steps[this.#sealed.length];
    if (!step) requireRows(this.#lastStep, this.#lastStep.scan.rows + sealed.rows);
    if (step && !this.#isCutElsewhere && this.#isRange(step, sealed)) {
      this.#sealed.push(sealed);
      return;
    }
    this.#isCutElsewhere = true;
    await this.#context.letGo(sealed.content);
  }

  /** The rows come in the order of the key: as many as were counted, up to the bound, are the range's own. */
  #isRange(step: BaseStep, { rows, lastKey }: SealedRows): boolean {
    return rows === step.scan.rows && (step === this.#lastStep || sameKey(lastKey, step.hi));
  }

  async store(): Promise<void> {
    const asOf = this.#context.snapshotXmin;
    const ends: StepEnd[] = [];
    const uploads: Upload[] = [];
    for (const [index, sealed] of this.#sealed.entries()) {
      const step = this.#steps[index] ?? this.#steps[0];
      const placed = await placeChunk(this.#context, this.#shipment, 'base', sealed);
      ends.push({ step, ranges: [baseEntry(step, step, placed.entry, asOf)] });
      uploads.push(...placed.uploads);
    }
    await storeRanges(this.#context, this.#shipment, ends, uploads);
  }
}
