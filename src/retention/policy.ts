/** How many restore points are kept of which age: what `--keep-…` says. Undefined: no such rule. */
export interface RetentionPolicy {
  readonly keepLast: number | undefined;
  readonly keepHourly: number | undefined;
  readonly keepDaily: number | undefined;
  readonly keepWeekly: number | undefined;
  readonly keepMonthly: number | undefined;
  readonly keepYearly: number | undefined;
  /** Milliseconds before the newest restore point. */
  readonly keepWithin: number | undefined;
}

/** A restore point as retention sees it. */
export interface AgedPoint {
  /** Key of its manifest. */
  readonly key: string;
  /** Time of its snapshot. */
  readonly takenAt: Date;
  /** Key of a later manifest that `compact` made of it, and that restores to the same rows. */
  readonly compactedAs: string | undefined;
  /** Whether a restore of it was proved. */
  readonly isProved: boolean;
}

export interface Decision<Point extends AgedPoint = AgedPoint> {
  readonly point: Point;
  readonly keep: boolean;
  /** Each rule that keeps it; of one that goes, why nothing does. */
  readonly reasons: readonly string[];
}

/**
 * What stays and what goes, with the reasons. A bucket rule keeps the newest point of each of the newest so many hours,
 * days, weeks (from Monday), months or years, all UTC, that have one. What `compact` has replaced counts for no rule. The
 * newest point stays in any case, and so does the newest that is proved (law 6).
 *
 * @param points oldest first
 * @returns a decision for each, in the order given
 */
export function decideRetention<Point extends AgedPoint>(
  points: readonly Point[],
  policy: RetentionPolicy,
): Decision<Point>[] {
  const reasons = new Map<Point, string[]>(points.map((point) => [point, []]));
  const keep = (point: Point | undefined, reason: string) => point && reasons.get(point)?.push(reason);
  keep(points.at(-1), 'newest');
  keep(
    points.findLast(({ isProved }) => isProved),
    'newest proved',
  );
  const counted = points.filter(({ compactedAs }) => compactedAs === undefined);
  for (const point of lastOf(counted, policy.keepLast)) keep(point, 'last');
  for (const [point, reason] of within(counted, policy.keepWithin)) keep(point, reason);
  for (const { rule, bucketOf } of bucketRules) {
    for (const [point, bucket] of newestOfBuckets(counted, policy[rule], bucketOf)) keep(point, bucket);
  }
  return points.map((point) => {
    const found = reasons.get(point) ?? [];
    return { point, keep: found.length > 0, reasons: found.length > 0 ? found : [whyNot(point)] };
  });
}

function whyNot({ compactedAs }: AgedPoint): string {
  return compactedAs === undefined ? 'no rule keeps it' : `compacted as ${compactedAs}`;
}

function lastOf<Point>(points: readonly Point[], count = 0): readonly Point[] {
  return count === 0 ? [] : points.slice(-count);
}

function within<Point extends AgedPoint>(
  points: readonly Point[],
  milliseconds: number | undefined,
): (readonly [Point, string])[] {
  if (milliseconds === undefined) return [];
  const newest = points.reduce((latest, { takenAt }) => Math.max(latest, takenAt.getTime()), -Infinity);
  return points
    .filter(({ takenAt }) => takenAt.getTime() >= newest - milliseconds)
    .map((point) => [point, 'within'] as const);
}

interface BucketRule {
  readonly rule: 'keepHourly' | 'keepDaily' | 'keepWeekly' | 'keepMonthly' | 'keepYearly';
  /** Of times of one bucket the same text, of others another. */
  readonly bucketOf: (time: Date) => string;
}

const day = 24 * 3600 * 1000;

const bucketRules: readonly BucketRule[] = [
  { rule: 'keepHourly', bucketOf: (time) => `hourly ${time.toISOString().slice(0, 13)}h` },
  { rule: 'keepDaily', bucketOf: (time) => `daily ${time.toISOString().slice(0, 10)}` },
  { rule: 'keepWeekly', bucketOf: (time) => `weekly ${mondayOf(time).toISOString().slice(0, 10)}` },
  { rule: 'keepMonthly', bucketOf: (time) => `monthly ${time.toISOString().slice(0, 7)}` },
  { rule: 'keepYearly', bucketOf: (time) => `yearly ${time.toISOString().slice(0, 4)}` },
];

/** The Monday, UTC, of the week of a time. */
function mondayOf(time: Date): Date {
  const daysSinceMonday = (time.getUTCDay() + 6) % 7;
  return new Date(time.getTime() - daysSinceMonday * day);
}

function newestOfBuckets<Point extends AgedPoint>(
  points: readonly Point[],
  count = 0,
  bucketOf: (time: Date) => string,
): Map<Point, string> {
  const seen = new Set<string>();
  const kept = new Map<Point, string>();
  for (const point of points.toReversed()) {
    const bucket = bucketOf(point.takenAt);
    if (seen.has(bucket)) continue;
    if (seen.size >= count) break;
    seen.add(bucket);
    kept.set(point, bucket);
  }
  return kept;
}
