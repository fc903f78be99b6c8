import { BlockFile } from '../core/block-file.ts';
import { BugError } from '../core/errors.ts';
import type { Entries } from '../format/entries.ts';
import type { RangeEntry, RecentRow } from '../format/manifest.ts';
import { PackedBuilder, type EntryCodec } from '../format/packed-entries.ts';
import { TextTable } from '../format/text-table.ts';
import type { RangeScan } from '../ranges/fingerprints.ts';
import type { ChangedStep, RangeStep } from './table-plan.ts';

/** A range that stays as it is, by its position among the known ones. */
interface Reused {
  readonly known: number;
  readonly reason: string;
  readonly scan: Pick<RangeScan, 'keyDigest' | 'changed' | 'recent'>;
}

/** In the place of a step that ships something: these stand in a list of their own. */
const shipping = 'shipping';
type Place = Reused | typeof shipping;

/** Rows that a later run will meet at or above this snapshot's xmin, by the position of their step. */
export type RecentByStep = ReadonlyMap<number, readonly RecentRow[]>;

/**
 * The steps of a table in key order. A large table has a million ranges: a step is made anew whenever it is come to, so that
 * they take next to no memory (law 9). Two of the same position are equal, but not the same object.
 */
export class PlanSteps implements Iterable<RangeStep> {
  readonly #known: Entries<RangeEntry>;
  readonly #places: Entries<Place>;
  readonly #recent: RecentByStep;
  /** Those that ship something, in their order. */
  readonly changed: Entries<ChangedStep>;

  constructor(
    known: Entries<RangeEntry>,
    places: Entries<Place>,
    changed: Entries<ChangedStep>,
    recent: RecentByStep,
  ) {
    this.#known = known;
    this.#places = places;
    this.#recent = recent;
    this.changed = changed;
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

  #reuse({ known: index, reason, scan }: Reused, position: number): RangeStep | undefined {
    const known = this.#known.at(index);
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
  }

  addChanged(step: ChangedStep): void {
    this.#places.add(shipping);
    this.#changed.add(step);
  }

  finish(recent: RecentByStep): PlanSteps {
    this.#recent = recent;
    return new PlanSteps(this.#known, this.#places.finish(), this.#changed.finish(), recent);
  }
}

/** 36 bytes each, and no text. */
function placeCodec(): EntryCodec<Place> {
  const reasons = new TextTable();
  const noReason = 0xffff_ffff;
  return {
    stride: 36,
    write(place, fixed, at) {
      const isShipping = place === shipping;
      fixed.writeUInt32LE(isShipping ? noReason : reasons.add(place.reason), at);
      if (isShipping) return '';
      fixed.writeDoubleLE(place.known, at + 4);
      fixed.write(place.scan.keyDigest, at + 12, 'hex');
      fixed.writeDoubleLE(place.scan.changed, at + 20);
      fixed.writeDoubleLE(place.scan.recent, at + 28);
      return '';
    },
    read(fixed, at) {
      const reason = fixed.readUInt32LE(at);
      if (reason === noReason) return shipping;
      const scan = {
        keyDigest: fixed.toString('hex', at + 12, at + 20),
        changed: fixed.readDoubleLE(at + 20),
        recent: fixed.readDoubleLE(at + 28),
      };
      return { known: fixed.readDoubleLE(at + 4), reason: reasons.at(reason), scan };
    },
  };
}

/** A step that ships as JSON, but for what lies elsewhere. */
function stepCodec(
  known: Entries<RangeEntry>,
  recentRowsOf: (step: Pick<RangeStep, 'scan' | 'position'>) => RangeStep['recent'],
): EntryCodec<ChangedStep> {
  return {
    stride: 0,
    write: (step) => JSON.stringify({ ...step, known: undefined, replaces: undefined, recent: undefined }),
    read(_fixed, _at, text) {
      const step = JSON.parse(text()) as ChangedStep;
      const recent = recentRowsOf(step);
      const range = step.knownPosition < 0 ? undefined : known.at(step.knownPosition);
      if (step.kind === 'base') return { ...step, recent, replaces: range ?? null };
      if (range) return { ...step, recent, known: range };
      throw new BugError('a patch has no range that it changes');
    },
  };
}
