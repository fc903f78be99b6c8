import { BugError } from '../core/errors.ts';
import type { Entries } from '../format/entries.ts';
import type { RangeEntry } from '../format/manifest.ts';
import type { EntryCodec } from '../format/packed-entries.ts';
import type { PackedPlace } from '../format/packed-place.ts';
import { boundOf } from '../format/packed-ranges.ts';
import { TextTable } from '../format/text-table.ts';
import type { RangeScan } from '../ranges/fingerprints.ts';
import type { BaseStep, ChangedStep, PatchStep, RangeStep } from './range-steps.ts';

/** A range that stays as it is, by its position among the known ones. */
export interface Reused {
  readonly known: number;
  readonly reason: string;
  readonly scan: Pick<RangeScan, 'keyDigest' | 'changed' | 'recent'>;
}

/** In the place of a step that ships something: these stand in a list of their own. */
export const shipping = 'shipping';
export type Place = Reused | typeof shipping;

const noReason = 0xffff_ffff;

/** 36 bytes each, and no text. */
export function placeCodec(): EntryCodec<Place> {
  const reasons = new TextTable();
  return {
    stride: 36,
    write(place, view, bytes, at) {
      const isShipping = place === shipping;
      view.setUint32(at, isShipping ? noReason : reasons.add(place.reason), true);
      if (isShipping) return;
      view.setFloat64(at + 4, place.known, true);
      bytes.write(place.scan.keyDigest, at + 12, 'hex');
      view.setFloat64(at + 20, place.scan.changed, true);
      view.setFloat64(at + 28, place.scan.recent, true);
    },
    read({ view, bytes, at }) {
      const reason = view.getUint32(at, true);
      if (reason === noReason) return shipping;
      const scan = {
        keyDigest: bytes.toString('hex', at + 12, at + 20),
        changed: view.getFloat64(at + 20, true),
        recent: view.getFloat64(at + 28, true),
      };
      return { known: view.getFloat64(at + 4, true), reason: reasons.at(reason), scan };
    },
  };
}

const stepAt = {
  position: 0,
  knownPosition: 8,
  rows: 16,
  changed: 24,
  recent: 32,
  keyDigest: 40,
  versionDigest: 48,
  reason: 56,
  /** Bytes of the text that each bound has; behind them stands, of a patch, the JSON of what else there is. */
  loBytes: 60,
  hiBytes: 64,
} as const;

type PatchRest = Pick<PatchStep, 'change' | 'fresh'>;

/** A step that ships something, but for what lies elsewhere. */
export function stepCodec(
  known: Entries<RangeEntry>,
  recentRowsOf: (step: Pick<RangeStep, 'scan' | 'position'>) => RangeStep['recent'],
): EntryCodec<ChangedStep> {
  const reasons = new TextTable();
  return {
    stride: 68,
    write(step, view, bytes, at, text) {
      const { lo, hi, scan } = step;
      view.setFloat64(at + stepAt.position, step.position, true);
      view.setFloat64(at + stepAt.knownPosition, step.knownPosition, true);
      view.setFloat64(at + stepAt.rows, scan.rows, true);
      view.setFloat64(at + stepAt.changed, scan.changed, true);
      view.setFloat64(at + stepAt.recent, scan.recent, true);
      bytes.write(scan.keyDigest, at + stepAt.keyDigest, 'hex');
      bytes.write(scan.versionDigest, at + stepAt.versionDigest, 'hex');
      view.setUint32(at + stepAt.reason, reasons.add(step.reason), true);
      const start = text.length;
      text.text(JSON.stringify(lo));
      const loEnd = text.length;
      text.text(JSON.stringify(hi));
      view.setUint32(at + stepAt.loBytes, loEnd - start, true);
      view.setUint32(at + stepAt.hiBytes, text.length - loEnd, true);
      if (step.kind === 'patch') {
        const rest: PatchRest = { change: step.change, fresh: step.fresh };
        text.text(JSON.stringify(rest));
      }
    },
    read(place) {
      const { text, textStart, textEnd, view, at } = place;
      const loEnd = textStart + view.getUint32(at + stepAt.loBytes, true);
      const hiEnd = loEnd + view.getUint32(at + stepAt.hiBytes, true);
      const bounds = { lo: boundOf(text, textStart, loEnd), hi: boundOf(text, loEnd, hiEnd) };
      const facts = {
        ...factsOf(place),
        ...bounds,
        reason: reasons.at(view.getUint32(at + stepAt.reason, true)),
      };
      const recent = recentRowsOf(facts);
      const range = facts.knownPosition < 0 ? undefined : known.at(facts.knownPosition);
      if (hiEnd === textEnd)
        return { ...facts, recent, kind: 'base', replaces: range ?? null } satisfies BaseStep;
      if (!range) throw new BugError('a patch has no range that it changes');
      const rest = JSON.parse(text.toString('utf8', hiEnd, textEnd)) as PatchRest;
      return { ...facts, ...rest, recent, kind: 'patch', known: range } satisfies PatchStep;
    },
  };
}

function factsOf({ view, bytes, at }: PackedPlace): Pick<ChangedStep, 'position' | 'knownPosition' | 'scan'> {
  const scan = {
    rows: view.getFloat64(at + stepAt.rows, true),
    changed: view.getFloat64(at + stepAt.changed, true),
    recent: view.getFloat64(at + stepAt.recent, true),
    keyDigest: bytes.toString('hex', at + stepAt.keyDigest, at + stepAt.keyDigest + 8),
    versionDigest: bytes.toString('hex', at + stepAt.versionDigest, at + stepAt.versionDigest + 8),
  };
  return {
    position: view.getFloat64(at + stepAt.position, true),
    knownPosition: view.getFloat64(at + stepAt.knownPosition, true),
    scan,
  };
}
