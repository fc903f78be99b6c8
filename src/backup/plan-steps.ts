import { BlockFile } from '../core/block-file.ts';
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

/** A step, or where it is to be found. */
type Place = Reused | { readonly changed: number };

/** Rows that a later run will meet at or above this snapshot's xmin, by the position of their step. */
export type RecentByStep = ReadonlyMap<number, readonly RecentRow[]>;

/**
 * The steps of a table in key order. A large table has a million ranges, of which few change: a step for one that stays is
 * made anew whenever it is come to, so that they take next to no memory (law 9).
 */
export class PlanSteps implements Iterable<RangeStep> {
  readonly #known: Entries<RangeEntry>;
  readonly #places: Entries<Place>;
  readonly #recent: RecentByStep;
  /** Those that ship something, in their order: the same objects whenever they are asked for. */
  readonly changed: readonly ChangedStep[];

  constructor(
    known: Entries<RangeEntry>,
    places: Entries<Place>,
    changed: readonly ChangedStep[],
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
    return this.changed.filter((step) => step.kind === kind).length;
  }

  *[Symbol.iterator](): Generator<RangeStep, undefined, undefined> {
    let position = 0;
    for (const place of this.#places) {
      const step = 'changed' in place ? this.changed[place.changed] : this.#reuse(place, position);
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
    return { kind: 'reuse', lo, hi, reason, scan: { ...scan, rows, versionDigest }, recent, known };
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
  readonly #changed: { readonly step: ChangedStep; readonly position: number }[] = [];
  #length = 0;

  constructor(known: Entries<RangeEntry>) {
    this.#known = known;
  }

  /** Position of the next step. */
  get length(): number {
    return this.#length;
  }

  /** @param known position of the range that stays: rows and version digest of the scan are its own */
  addReused(known: number, scan: RangeScan, reason: string): void {
    this.#places.add({ known, reason, scan });
    this.#length += 1;
  }

  addChanged(step: ChangedStep): void {
    this.#places.add({ changed: this.#changed.length });
    this.#changed.push({ step, position: this.#length });
    this.#length += 1;
  }

  finish(recent: RecentByStep): PlanSteps {
    const changed = this.#changed.map(({ step, position }) => ({
      ...step,
      recent: recentOf(step.scan, position, recent),
    }));
    return new PlanSteps(this.#known, this.#places.finish(), changed, recent);
  }
}

/** 40 bytes each, and no text. */
function placeCodec(): EntryCodec<Place> {
  const reasons = new TextTable();
  const none = 0xffff_ffff;
  return {
    stride: 40,
    write(place, fixed, at) {
      if ('changed' in place) {
        fixed.writeDoubleLE(place.changed, at);
        fixed.writeUInt32LE(none, at + 8);
        return '';
      }
      fixed.writeDoubleLE(place.known, at);
      fixed.writeUInt32LE(reasons.add(place.reason), at + 8);
      fixed.write(place.scan.keyDigest, at + 16, 'hex');
      fixed.writeDoubleLE(place.scan.changed, at + 24);
      fixed.writeDoubleLE(place.scan.recent, at + 32);
      return '';
    },
    read(fixed, at) {
      const index = fixed.readDoubleLE(at);
      const reason = fixed.readUInt32LE(at + 8);
      if (reason === none) return { changed: index };
      const scan = {
        keyDigest: fixed.toString('hex', at + 16, at + 24),
        changed: fixed.readDoubleLE(at + 24),
        recent: fixed.readDoubleLE(at + 32),
      };
      return { known: index, reason: reasons.at(reason), scan };
    },
  };
}
