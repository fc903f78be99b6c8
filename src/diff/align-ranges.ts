import type { Entries } from '../format/entries.ts';
import { digestOfAll } from '../format/digest.ts';
import type { KeyValue } from '../format/manifest.ts';

/** What aligning looks at; the ranges of a table in their order. */
export interface AlignedRange {
  readonly lo: KeyValue | null;
  readonly hi: KeyValue | null;
  readonly rows: number;
  readonly digest: string;
}

/** Ranges of both sides that together hold the same part of the table. */
export interface Segment<Before, After> {
  readonly before: Entries<Before>;
  readonly after: Entries<After>;
}

/**
 * Cuts two lists of ranges at the bounds that both have, into segments that can be compared one by one. Bounds are
 * compared as text: one that is written in two ways only makes a segment larger.
 */
export function alignRanges<Before extends AlignedRange, After extends AlignedRange>(
  before: Entries<Before>,
  after: Entries<After>,
): Segment<Before, After>[] {
  const ends = new Map<string, number>();
  for (const [bound, count] of boundsOf(after)) ends.set(bound, count);
  const segments: Segment<Before, After>[] = [];
  let [first, second] = [0, 0];
  const cut = (toFirst: number, toSecond: number) => {
    if (toFirst === first && toSecond === second) return;
    segments.push({ before: before.slice(first, toFirst), after: after.slice(second, toSecond) });
    [first, second] = [toFirst, toSecond];
  };
  for (const [bound, count] of boundsOf(before)) {
    const other = ends.get(bound);
    // A bound behind those taken already is none that both have in one order.
    if (other !== undefined && other >= second && count >= first) cut(count, other);
  }
  cut(before.length, after.length);
  return segments;
}

/** Each bound in order, with the number of ranges that end at or before it. */
function* boundsOf(ranges: Iterable<AlignedRange>): Generator<[string, number]> {
  let index = 0;
  for (const { lo, hi } of ranges) {
    if (lo !== null) yield [JSON.stringify(lo), index];
    index += 1;
    if (hi !== null) yield [JSON.stringify(hi), index];
  }
}

/**
 * What is left of a segment once equal content was taken away on both sides: the rows of two ranges with the same count
 * and content digest are equal, wherever the ranges lie, and add nothing to the difference.
 */
export function withoutEqual<Before extends AlignedRange, After extends AlignedRange>({
  before,
  after,
}: Segment<Before, After>): Segment<Before, After> {
  if (contentOf(before) === contentOf(after)) return { before: [], after: [] };
  const counts = new Map<string, number>();
  for (const range of after) counts.set(contentOf([range]), (counts.get(contentOf([range])) ?? 0) + 1);
  const equal = new Map<string, number>();
  const left = before.filter((range) => {
    const content = contentOf([range]);
    const count = counts.get(content) ?? 0;
    if (count === 0) return true;
    counts.set(content, count - 1);
    equal.set(content, (equal.get(content) ?? 0) + 1);
    return false;
  });
  const right = after.filter((range) => {
    const content = contentOf([range]);
    const count = equal.get(content) ?? 0;
    if (count > 0) equal.set(content, count - 1);
    return count === 0;
  });
  return { before: left, after: right };
}

function contentOf(ranges: Entries<AlignedRange>): string {
  const rows = ranges.reduce((sum, range) => sum + range.rows, 0);
  return `${rows} ${digestOfAll(ranges)}`;
}
