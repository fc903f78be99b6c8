import { BlockFile } from '../core/block-file.ts';
import { NumberSet } from '../core/number-set.ts';
import type { Entries } from '../format/entries.ts';
import type { RangeEntry, RecentRow } from '../format/manifest.ts';
import { PackedBuilder } from '../format/packed-entries.ts';
import { eachChunkAt } from '../format/packed-ranges.ts';
import type { RangeScan } from '../ranges/fingerprints.ts';
import { placeCodec, shipping, stepCodec, type Place, type Reused } from './packed-steps.ts';
import type { ChangedStep, RangeStep } from './range-steps.ts';

/** What is to be known of a step once its plan was carried out. */
interface StepOutline {
  position: number;
  /** Of the range that stays, among the known ones; -1 where something was shipped. */
  known: number;
  recent: readonly RecentRow[] | null;
}

/** Rows that a later run will meet at or above this snapshot's xmin, by the position of their step. */
export type RecentByStep = ReadonlyMap<number, readonly RecentRow[]>;

/**
 * The steps of a table in key order. A large table has a million ranges: a step is made anew whenever it is come to, so that
 * they take next to no memory (law 9). Two of the same position are equal, but not the same object.
 */
export class PlanSteps implements Iterable<RangeStep> {
  readonly known: Entries<RangeEntry>;
  readonly #places: Entries<Place>;
  readonly #recent: RecentByStep;
  /** Those that ship something, in their order. */
  readonly changed: Entries<ChangedStep>;
  /** Numbers of the chunks that steps build on. */
  readonly kept: NumberSet;

  constructor(
    known: Entries<RangeEntry>,
    places: Entries<Place>,
    changed: Entries<ChangedStep>,
    { recent, kept }: { readonly recent: RecentByStep; readonly kept: NumberSet },
  ) {
    this.known = known;
    this.#places = places;
    this.#recent = recent;
    this.changed = changed;
    this.kept = kept;
  }

  get length(): number {
    return this.#places.length;
  }

  count(kind: RangeStep['kind']): number {
    if (kind === 'reuse') return this.length - this.changed.length;
    return this.changed.reduce((count, step) => count + (step.kind === kind ? 1 : 0), 0);
  }

  *[Symbol.iterator](): Generator<RangeStep, undefined, undefined> {
    const changed = this.changed[Symbol.iterator]();
    let position = 0;
    for (const place of this.#places) {
      const step: RangeStep | undefined =
        place === shipping ? changed.next().value : this.#reuse(place, position);
      position += 1;
      if (step) yield step;
    }
    return undefined;
  }

  /** Each step in its order, as little of it as is needed to write its ranges down: always the same object. */
  *outlines(): Generator<StepOutline, undefined, undefined> {
    const outline: StepOutline = { position: 0, known: -1, recent: null };
    for (const place of this.#places) {
      outline.known = place === shipping ? -1 : place.known;
      outline.recent = place === shipping ? null : recentOf(place.scan, outline.position, this.#recent);
      yield outline;
      outline.position += 1;
    }
    return undefined;
  }

  #reuse({ known: index, reason, scan }: Reused, position: number): RangeStep | undefined {
    const known = this.known.at(index);
    if (!known) return undefined;
    const { lo, hi, rows, versionDigest } = known;
    const recent = recentOf(scan, position, this.#recent);
    const facts = { lo, hi, reason, scan: { ...scan, rows, versionDigest }, recent };
    return { ...facts, kind: 'reuse', position, knownPosition: index, known };
  }
}

function recentOf(
  scan: Pick<RangeScan, 'recent'>,
  position: number,
  recent: RecentByStep,
): readonly RecentRow[] | null {
  return scan.recent === 0 ? [] : (recent.get(position) ?? null);
}

/** Collects the steps of a table in key order. */
export class PlanStepsBuilder {
  readonly #known: Entries<RangeEntry>;
  readonly #places = new PackedBuilder(placeCodec(), () => new BlockFile());
  readonly #changed: PackedBuilder<ChangedStep>;
  readonly #kept = new NumberSet();
  readonly #keep = (number: number) => this.#kept.add(number);
  #recent: RecentByStep = new Map();

  constructor(known: Entries<RangeEntry>) {
    this.#known = known;
    // Packed however few they are: their recent rows are known later.
    const codec = stepCodec(known, (step) => recentOf(step.scan, step.position, this.#recent));
    this.#changed = new PackedBuilder(codec, () => new BlockFile(), 0);
  }

  /** @param known position of the range that stays: rows and version digest of the scan are its own */
  addReused(known: number, scan: RangeScan, reason: string): void {
    this.#places.add({ known, reason, scan });
    eachChunkAt(this.#known, known, this.#keep);
  }

  addChanged(step: ChangedStep): void {
    this.#places.add(shipping);
    this.#changed.add(step);
    if (step.kind === 'patch') eachChunkAt(this.#known, step.knownPosition, this.#keep);
  }

  finish(recent: RecentByStep): PlanSteps {
    this.#recent = recent;
    return new PlanSteps(this.#known, this.#places.finish(), this.#changed.finish(), {
      recent,
      kept: this.#kept,
    });
  }
}
