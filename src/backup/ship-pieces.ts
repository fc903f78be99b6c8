import { BugError } from '../core/errors.ts';
import { sumDigests } from '../format/digest.ts';
import type { ChunkEntry, ChunkKind } from '../format/manifest.ts';
import { baseEntry, keptRange, placeChunk, requireRows, type PlacedChunk } from './base-entry.ts';
import { InTurn } from './in-turn.ts';
import { rangeRequest } from './range-request.ts';
import type { RowsPart, SliceRows } from './read-job.ts';
import type { RangeShipper } from './range-shipper.ts';
import type { RowsRequest, ShipContext } from './ship-context.ts';
import type { TableShipment } from './shipment.ts';
import { storeRanges } from './store-ranges.ts';
import type { BaseStep } from './range-steps.ts';

/** A chunk with the slices in it. */
export interface Piece {
  readonly entry: ChunkEntry;
  readonly slices: readonly SliceRows[];
}

/** What the first chunk of a read is, and the others. */
export interface PieceKinds {
  readonly first: ChunkKind;
  readonly others: ChunkKind;
}

/**
 * The chunks of one read that belong together: each leaves when it is closed, before it is known what it will be a part
 * of, but for the last one, which waits for that. So a read that fits one chunk stores nothing that the checkpoint was
 * not told of; of a longer one that is killed, chunks may stay behind that nobody names.
 */
export class Pieces {
  readonly #context: ShipContext;
  readonly #shipment: TableShipment;
  readonly #rowsExpected: number;
  readonly #kinds: PieceKinds;
  readonly #storing = new InTurn();
  #pieces: Piece[] = [];
  #rows = 0;
  #last: PlacedChunk | undefined;

  constructor(context: ShipContext, shipment: TableShipment, rowsExpected: number, kinds: PieceKinds) {
    this.#context = context;
    this.#shipment = shipment;
    this.#rowsExpected = rowsExpected;
    this.#kinds = kinds;
  }

  /** In the order of their rows, the last one included. */
  get all(): readonly Piece[] {
    return this.#pieces;
  }

  get rows(): number {
    return this.#rows;
  }

  /** Forgets what was taken: it is read again. */
  restart(): void {
    this.#pieces = [];
    this.#rows = 0;
    this.#last = undefined;
  }

  async take({ sealed, slices }: RowsPart): Promise<void> {
    if (this.#last) throw new BugError('a read gave more rows than were counted');
    const kind = this.#pieces.length === 0 ? this.#kinds.first : this.#kinds.others;
    const placed = await placeChunk(this.#context, this.#shipment, kind, sealed);
    this.#pieces.push({ entry: placed.entry, slices });
    this.#rows += sealed.rows;
    if (this.#rows >= this.#rowsExpected) this.#last = placed;
    else await this.#storing.begin(() => this.#putAll(placed));
  }

  async #putAll({ uploads }: PlacedChunk): Promise<void> {
    for (const upload of uploads) await this.#context.put(this.#shipment, upload);
  }

  /** The last chunk, which is not stored yet unless it was known, and those that are. */
  async end(): Promise<{ readonly last: PlacedChunk; readonly stored: readonly ChunkEntry[] }> {
    await this.#storing.end();
    if (!this.#last) throw new BugError('a read gave fewer rows than were counted');
    return { last: this.#last, stored: this.#pieces.slice(0, -1).map(({ entry }) => entry) };
  }

  settle(): Promise<void> {
    return this.#storing.settle();
  }
}

/**
 * Ships a range whose rows do not tell where to cut it: a block range, or one that is read by the only session there is,
 * which cannot scan meanwhile. It stays one range; its first chunk is its base, and the others add to it.
 */
export class RangePieces implements RangeShipper {
  readonly #context: ShipContext;
  readonly #shipment: TableShipment;
  readonly #step: BaseStep;
  readonly #pieces: Pieces;
  #whole: RowsPart | undefined;

  constructor(context: ShipContext, shipment: TableShipment, step: BaseStep) {
    this.#context = context;
    this.#shipment = shipment;
    this.#step = step;
    const kinds = { first: 'base', others: 'patch' } as const;
    this.#pieces = new Pieces(context, shipment, step.scan.rows, kinds);
  }

  request(): RowsRequest {
    this.#pieces.restart();
    this.#whole = undefined;
    return rangeRequest(this.#shipment.plan, this.#step, this.#step.scan.rows);
  }

  async take(part: RowsPart): Promise<void> {
    const { rows } = part.sealed;
    if (this.#whole) requireRows(this.#step, this.#whole.sealed.rows + rows);
    if (rows === this.#step.scan.rows && this.#pieces.rows === 0) this.#whole = part;
    else await this.#pieces.take(part);
  }

  async end(): Promise<void> {
    const context = this.#context;
    const step = this.#step;
    if (this.#whole && (await this.#keep(this.#whole))) return;
    if (this.#whole) await this.#pieces.take(this.#whole);
    requireRows(step, this.#pieces.rows);
    const { last, stored } = await this.#pieces.end();
    const all = [...stored, last.entry];
    const range = {
      ...baseEntry(step, step, all[0] ?? last.entry, context.snapshotXmin),
      digest: sumDigests(all.map(({ digest }) => digest)),
      patches: all.slice(1).map(({ number, rows }) => ({ chunk: number, first: 0, rows })),
    };
    await storeRanges(context, this.#shipment, [{ step, ranges: [range] }], last.uploads, stored);
  }

  settle(): Promise<void> {
    return this.#pieces.settle();
  }

  /** Whether the known range stays, because it holds the very rows. */
  async #keep({ sealed }: RowsPart): Promise<boolean> {
    const step = this.#step;
    const kept = keptRange(this.#shipment, step, sealed, this.#context.snapshotXmin);
    if (!kept) return false;
    await this.#context.letGo(sealed.content);
    await storeRanges(this.#context, this.#shipment, [{ step, ranges: [kept] }], []);
    return true;
  }
}
