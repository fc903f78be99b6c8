import type { Entries } from '../format/entries.ts';
import { EntryList } from '../format/entry-list.ts';
import type { RangeEntry, RangeKind } from '../format/manifest.ts';
import { sameKey } from '../ranges/cut.ts';
import type { ScanBounds } from '../ranges/fingerprints.ts';
import type { Bounds } from '../ranges/range-source.ts';
import type { RangeStrategy } from '../ranges/strategy.ts';

/** What rows may be in, in key order: a known range, by its position among all, or the bounds of rows that nothing is known of. */
type Place = number | Bounds;

export interface Slot extends ScanBounds {
  /** The range that is known of these bounds. */
  readonly known: RangeEntry | undefined;
  /** Of the known range among all; -1 without one. */
  readonly position: number;
}

/** Places as slots, each made when it is asked for: thousands of ranges at once would be the most of a run's memory (law 9). */
export class Slots extends EntryList<Slot> {
  readonly #known: Entries<RangeEntry>;
  readonly #places: readonly Place[];

  constructor(known: Entries<RangeEntry>, places: readonly Place[]) {
    super();
    this.#known = known;
    this.#places = places;
  }

  get length(): number {
    return this.#places.length;
  }

  at(index: number): Slot | undefined {
    const place = this.#places.at(index);
    return place === undefined ? undefined : this.#slot(place);
  }

  *[Symbol.iterator](): Generator<Slot, undefined, undefined> {
    for (const place of this.#places) yield this.#slot(place);
    return undefined;
  }

  #slot(place: Place): Slot {
    if (typeof place !== 'number')
      return { lo: place.lo, hi: place.hi, asOf: null, known: undefined, position: -1 };
    const known = this.#known.at(place);
    const { lo = null, hi = null, asOf = null } = known ?? {};
    return { lo, hi, asOf, known, position: place };
  }
}

interface SlotsInput {
  /** Sorted and disjoint. */
  readonly known: Entries<RangeEntry>;
  readonly strategy: Pick<RangeStrategy, 'cut'>;
  readonly rangeKind: RangeKind;
  readonly chunkSize: number;
  /** Told of rows of which nothing is known as they are found: about how many. */
  readonly onNewRows?: ((rows: number) => void) | undefined;
}

/**
 * Known ranges, and the rows between and beyond them cut into new ones, in key order.
 *
 * @param most together, at present
 */
export async function* layOutSlots(input: SlotsInput, most: () => number): AsyncGenerator<Slots> {
  let batch: Place[] = [];
  for await (const place of placesOf(input, most)) {
    batch.push(place);
    if (batch.length < most()) continue;
    yield new Slots(input.known, batch);
    batch = [];
  }
  if (batch.length > 0) yield new Slots(input.known, batch);
}

async function* placesOf(input: SlotsInput, most: () => number): AsyncGenerator<Place> {
  let lo: Bounds['lo'] = null;
  let position = 0;
  for (const range of input.known) {
    const isAdjacent = position === 0 ? range.lo === null : sameKey(lo, range.lo);
    if (!isAdjacent) yield* cutGap(input, { lo, hi: range.lo }, most);
    yield position;
    lo = range.hi;
    if (lo === null) return;
    position += 1;
  }
  yield* cutGap(input, { lo, hi: null }, most);
}

async function* cutGap(
  { strategy, rangeKind, chunkSize, onNewRows }: SlotsInput,
  gap: Bounds,
  most: () => number,
): AsyncGenerator<Bounds> {
  let rest: Bounds | undefined = gap;
  while (rest) {
    const atOnce = most();
    const cuts: Bounds[] = await strategy.cut(rest, chunkSize, undefined, atOnce);
    // Blocks may hold no rows.
    if (rangeKind === 'key') onNewRows?.(cuts.length * chunkSize);
    yield* cuts;
    rest = cuts.length < atOnce ? undefined : { lo: cuts.at(-1)?.hi ?? null, hi: gap.hi };
  }
}
