import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decideRetention, type AgedPoint, type RetentionPolicy } from '../../src/retention/policy.ts';
import { noRule } from './no-rule.ts';

/** Points at these times, oldest first, UTC. */
function pointsAt(...times: string[]): AgedPoint[] {
  return times.map((time, index) => ({
    key: `m${String(index).padStart(5, '0')}`,
    takenAt: new Date(`${time}Z`),
    compactedAs: undefined,
    isProved: false,
  }));
}

/** The times that stay. */
function kept(times: readonly string[], policy: Partial<RetentionPolicy>): string[] {
  const decisions = decideRetention(pointsAt(...times), { ...noRule, ...policy });
  return times.filter((_, index) => decisions[index]?.keep === true);
}

describe('a rule keeps', () => {
  const [year2023, year2024, morning, evening, midnight, minute59, newest] = [
    '2023-12-31T23:00',
    '2024-12-30T10:00',
    '2025-01-05T09:00',
    '2025-01-05T22:00',
    '2025-01-06T00:00',
    '2025-01-06T00:59',
    '2025-01-06T01:00',
  ] as const;
  const times = [year2023, year2024, morning, evening, midnight, minute59, newest];
  test.each<[string, Partial<RetentionPolicy>, string[]]>([
    ['the last', { keepLast: 2 }, [minute59, newest]],
    ['the newest of each hour', { keepHourly: 2 }, [minute59, newest]],
    ['the newest of each day', { keepDaily: 3 }, [year2024, evening, newest]],
    ['the newest of each week from Monday', { keepWeekly: 2 }, [evening, newest]],
    ['the newest of each month', { keepMonthly: 2 }, [year2024, newest]],
    ['the newest of each year', { keepYearly: 9 }, [year2023, year2024, newest]],
    ['what is within a time of the newest', { keepWithin: 24 * 3600_000 }, times.slice(2)],
    ['as much as all rules together', { keepLast: 1, keepYearly: 2 }, [year2024, newest]],
  ])('%s', (_, policy, expected) => {
    expect(kept(times, policy)).toEqual(expected);
  });

  test('the newest in any case, and the newest that is proved (law 6)', () => {
    const points = pointsAt(...times).map((point, index) => ({ ...point, isProved: index < 3 }));
    const decisions = decideRetention(points, noRule);
    expect(decisions.filter(({ keep }) => keep).map(({ point }) => point.key)).toEqual(['m00002', 'm00006']);
    expect(decisions[2]?.reasons).toEqual(['newest proved']);
    expect(decisions[0]?.reasons).toEqual(['no rule keeps it']);
  });

  test('nothing for what was compacted, which counts for no rule', () => {
    const points = pointsAt(...times).map((point, index) =>
      index === 5 ? { ...point, compactedAs: 'm00006' } : point,
    );
    const decisions = decideRetention(points, { ...noRule, keepLast: 2 });
    expect(decisions.map(({ keep }) => keep)).toEqual([false, false, false, false, true, false, true]);
    expect(decisions[5]?.reasons).toEqual(['compacted as m00006']);
  });
});

const anyPoints = fc
  .array(
    fc.record({ gap: fc.integer({ min: 0, max: 40 * 3600 }), proved: fc.boolean(), compacted: fc.boolean() }),
    { maxLength: 60 },
  )
  .map((gaps) => {
    let time = Date.UTC(2025, 0, 1);
    return gaps.map(({ gap, proved, compacted }, index) => {
      time += gap * 1000;
      const isCompacted = compacted && index < gaps.length - 1;
      return {
        key: `m${String(index).padStart(5, '0')}`,
        takenAt: new Date(time),
        compactedAs: isCompacted ? `m${String(index + 1).padStart(5, '0')}` : undefined,
        isProved: proved,
      };
    });
  });
const few = fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined });
const anyPolicy = fc.record({
  keepLast: few,
  keepHourly: few,
  keepDaily: few,
  keepWeekly: few,
  keepMonthly: few,
  keepYearly: few,
  keepWithin: fc.option(fc.integer({ min: 1000, max: 90 * 24 * 3600_000 }), { nil: undefined }),
});

/** The same, told another way: all points of a bucket together, then the newest buckets, then the newest of each. */
function byGroups(points: readonly AgedPoint[], policy: RetentionPolicy): Set<string> {
  const counted = points.filter(({ compactedAs }) => compactedAs === undefined);
  const week = (time: Date) => Math.floor((time.getTime() / 86_400_000 + 3) / 7);
  const text = (length: number) => (time: Date) => time.toISOString().slice(0, length);
  const rules: [number | undefined, (time: Date) => string | number][] = [
    [policy.keepHourly, text(13)],
    [policy.keepDaily, text(10)],
    [policy.keepWeekly, week],
    [policy.keepMonthly, text(7)],
    [policy.keepYearly, text(4)],
  ];
  const stays = new Set<string>();
  for (const [count, bucketOf] of rules) {
    const buckets = Map.groupBy(counted, ({ takenAt }) => bucketOf(takenAt));
    const newest = [...buckets.keys()].sort((a, b) => (a < b ? 1 : -1)).slice(0, count ?? 0);
    for (const bucket of newest) stays.add(buckets.get(bucket)?.at(-1)?.key ?? '');
  }
  for (const { key } of counted.slice(Math.max(0, counted.length - (policy.keepLast ?? 0)))) stays.add(key);
  const last = counted.at(-1)?.takenAt.getTime() ?? 0;
  for (const { key, takenAt } of counted) {
    if (policy.keepWithin !== undefined && last - takenAt.getTime() <= policy.keepWithin) stays.add(key);
  }
  for (const point of [points.at(-1), points.findLast(({ isProved }) => isProved)]) {
    if (point) stays.add(point.key);
  }
  return stays;
}

test('whatever the points and the policy, it keeps what the rules say, each with its reason', () => {
  fc.assert(
    fc.property(anyPoints, anyPolicy, (points, policy) => {
      const decisions = decideRetention(points, policy);
      const stays = decisions.filter(({ keep }) => keep).map(({ point }) => point.key);
      expect(new Set(stays)).toEqual(byGroups(points, policy));
      expect(decisions.map(({ point }) => point)).toEqual(points);
      for (const { reasons } of decisions) expect(reasons.length).toBeGreaterThan(0);
    }),
  );
});

test('what is kept once is kept by a second prune of the same policy', () => {
  fc.assert(
    fc.property(anyPoints, anyPolicy, (points, policy) => {
      const first = decideRetention(points, policy).filter(({ keep }) => keep);
      const again = decideRetention(
        first.map(({ point }) => point),
        policy,
      );
      expect(again.every(({ keep }) => keep)).toBe(true);
    }),
  );
});
