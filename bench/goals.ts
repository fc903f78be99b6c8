import type { FingerprintScan, Goal, Scenario } from './results-file.ts';
import type { BenchSettings } from './settings.ts';
import { median } from './statistics.ts';

const megabyte = 1e6;

/** What the project has promised itself, against what was measured. */
export function checkGoals(small: Scenario, large: Scenario, settings: BenchSettings): Goal[] {
  const [smallPeak, largePeak] = [peakOf(small), peakOf(large)];
  const difference = Math.abs(largePeak - smallPeak);
  const rate = large.rows / median(large.ours.seconds);
  return [
    {
      goal: 'at least 20,000 articles a second, whole process, on 2 cores',
      measured: `${count(rate)} a second`,
      met: rate >= 20_000,
    },
    {
      goal: `peak memory under 250 MB at 4 workers (measured at ${settings.workers})`,
      measured: `${(largePeak / megabyte).toFixed(0)} MB`,
      met: largePeak < 250 * megabyte,
    },
    {
      goal: `less than 20 MB between the peaks at ${count(small.rows)} and at ${count(large.rows)} articles`,
      measured: `${(difference / megabyte).toFixed(0)} MB`,
      met: difference < 20 * megabyte,
    },
  ];
}

/** What incremental runs cost, against a full run and against the changed rows themselves. */
export function checkIncrementalGoals(
  full: Scenario,
  unchanged: Scenario,
  updated: Scenario,
  grown: Scenario,
): Goal[] {
  const share = median(unchanged.ours.seconds) / median(full.ours.seconds);
  return [
    {
      goal: 'nothing changed: no row shipped, in less than a tenth of a full run',
      measured: `${count(unchanged.shipped?.rows ?? NaN)} rows, ${share.toFixed(3)}`,
      met: unchanged.shipped?.rows === 0 && share < 0.1,
    },
    shippedGoal('1 % of random updates', updated, 3),
    shippedGoal('1 % of new rows', grown, 1.2),
  ];
}

function shippedGoal(change: string, { shipped }: Scenario, most: number): Goal {
  const ratio = shipped ? shipped.bytes / shipped.changedBytes : NaN;
  return {
    goal: `${change} ship at most ${most} times the bytes of the changed rows`,
    measured: ratio.toFixed(2),
    met: ratio <= most,
  };
}

/** Every run scans the fingerprints of all ranges, whatever changed. */
export function checkScanGoals(scans: readonly FingerprintScan[]): Goal[] {
  return scans.map(({ name, rows, ours }) => {
    const rate = rows / median(ours.seconds);
    return {
      goal: `fingerprints of at least 2 million rows a second per core: ${name}`,
      measured: `${(rate / 1e6).toFixed(1)} million a second`,
      met: rate >= 2e6,
    };
  });
}

function peakOf({ ours }: Scenario): number {
  return Math.max(...ours.peakRssBytes);
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}
