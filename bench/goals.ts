/** What the project has promised itself, against what was measured. */
import { count } from './report/format.ts';
import { peakOf } from './report/figures.ts';
import {
  tpsLost,
  type Figure,
  type Findings,
  type Goal,
  type Impact,
  type Measured,
  type Series,
  type Situation,
} from './results-file.ts';
import { median, pairedRatio } from './statistics.ts';

const megabyte = 1e6;

export function checkGoals(findings: Findings): Goal[] {
  const { figures, fingerprints, impacts, series } = findings;
  return [
    ...figures.flatMap((figure) => goalsOf[figure.scenario]?.(figure) ?? []),
    ...memoryGoals(figures),
    ...manifestGoals(series),
    ...impactGoals(impacts),
    ...fingerprints.map(({ name, rows, ours }) => {
      const rate = rows / median(ours.seconds) / 1e6;
      const goal = `fingerprints of at least 2 million rows a second per core: ${name}`;
      return { goal, measured: `${rate.toFixed(1)} million a second`, met: rate >= 2 };
    }),
  ];
}

const goalsOf: Readonly<Record<string, (figure: Figure) => Goal[]>> = {
  full: (figure) => rateGoal(figure, 'full backup', 'copy', 0.8, 'the rate of psql COPY'),
  zstd: (figure) => [
    ...rateGoal(figure, 'full backup with zstd', 'pg_dump -Fd', 1, 'the rate of pg_dump -Fd -j2'),
    ...sizeGoal(figure),
  ],
  s3: (figure) => [
    ...rateGoal(figure, 'full backup to S3', 'file', 0.7, 'the rate to the file store'),
    ...rateGoal(figure, 'full backup to S3', 'aws', 1, 'the rate of pg_dump -Fc | aws s3 cp'),
    ...rateGoal(figure, 'full backup to S3', 'restic', 1, 'the rate of pg_dump | restic'),
  ],
  narrow: (figure) => rateGoal(figure, 'full backup', 'copy', 0.6, 'the rate of psql COPY'),
  restore: (figure) => rateGoal(figure, 'restore', 'pg_restore', 1, 'the rate of pg_restore -j2'),
  verify: (figure) => rateGoal(figure, 'verify --deep', 'backup', 1, "the backup's own rate"),
  startup: (figure) =>
    [timeGoal(figure, 'version', 0.08), timeGoal(figure, 'help', 0.08), timeGoal(figure, 'status', 1)].flat(),
  incremental: (figure) => [
    ...speedupGoal(figure, 'new', 20, '1 % new'),
    ...speedupGoal(figure, 'unchanged', 50, 'nothing changed'),
    ...shippedGoal(figure, 'new', 1.2, '1 % new'),
    ...shippedGoal(figure, 'updated', 3, '1 % updated at random'),
    ...peakGoal(figure, 'new', '1 % new'),
    ...peakGoal(figure, 'updated', '1 % updated at random'),
  ],
  patched: (figure) => [
    ...peakGoal(figure, 'restore patched', 'restore with three patches a range'),
    ...peakGoal(figure, 'verify patched', 'verify --deep with three patches a range'),
  ],
};

function sideOf({ sides }: Figure, key: string): Measured | undefined {
  return sides.find((side) => side.key === key);
}

function rateGoal(figure: Figure, what: string, peer: string, least: number, than: string): Goal[] {
  const [ours, other] = [figure.sides[0], sideOf(figure, peer)];
  if (!ours || !other) return [];
  const ratio = pairedRatio(other.seconds, ours.seconds);
  const goal = `${what} of ${count(figure.rows)} ${figure.rowName}: at least ${least.toFixed(1)} × ${than}`;
  return [{ goal, measured: ratio.toFixed(2), met: ratio >= least }];
}

function sizeGoal(figure: Figure): Goal[] {
  const [ours, other] = [figure.sides[0], sideOf(figure, 'pg_dump -Fd')];
  if (!ours || !other) return [];
  const ratio = median(ours.storedBytes) / median(other.storedBytes);
  const goal = `… and smaller than what pg_dump -Fd stores`;
  return [{ goal, measured: `${ratio.toFixed(2)} × its size`, met: ratio < 1 }];
}

function timeGoal(figure: Figure, key: string, most: number): Goal[] {
  const side = sideOf(figure, key);
  if (!side) return [];
  const seconds = median(side.seconds);
  const goal = `${side.label}: at most ${most * 1000} ms`;
  return [{ goal, measured: `${(seconds * 1000).toFixed(0)} ms`, met: seconds <= most }];
}

function speedupGoal(figure: Figure, key: string, least: number, what: string): Goal[] {
  const [side, full] = [sideOf(figure, key), sideOf(figure, 'full')];
  // Of a smaller table, the start of the program is most of what is measured.
  if (!side || !full || figure.rows < 1_000_000) return [];
  const ratio = pairedRatio(full.seconds, side.seconds);
  const goal = `${what} of ${count(figure.rows)} articles: at least ${least} × faster than the full run`;
  return [{ goal, measured: `${ratio.toFixed(1)} ×`, met: ratio >= least }];
}

function shippedGoal(figure: Figure, key: string, most: number, what: string): Goal[] {
  const side = sideOf(figure, key);
  if (!side?.shipped) return [];
  const ratio = median(side.storedBytes) / side.shipped.changedBytes;
  const goal = `${what} of ${count(figure.rows)} articles: stores at most ${most} × the bytes of the changed rows`;
  return [{ goal, measured: ratio.toFixed(2), met: ratio <= most }];
}

function peakGoal(figure: Figure, key: string, what: string): Goal[] {
  const side = sideOf(figure, key);
  return side ? [peakOf150(`${what} of ${count(figure.rows)} articles`, peakOf(side))] : [];
}

function peakOf150(what: string, peak: number): Goal {
  const goal = `${what}: peak memory at most 150 MB`;
  return { goal, measured: `${(peak / megabyte).toFixed(0)} MB`, met: peak <= 150 * megabyte };
}

/** The small table against the largest that each command was measured with. */
function memoryGoals(figures: readonly Figure[]): Goal[] {
  const small = figures.find(({ scenario }) => scenario === 'small');
  const found = ['backup', 'restore', 'verify'].flatMap((key) => {
    const scenario = key === 'backup' ? 'full' : key;
    const figure = figures
      .filter((each) => each.scenario === scenario)
      .toSorted((a, b) => b.rows - a.rows)[0];
    const side = figure && sideOf(figure, key);
    return side
      ? [{ key, rows: figure.rows, peak: peakOf(side), smallSide: small && sideOf(small, key) }]
      : [];
  });
  const each = found.flatMap(({ key, rows, peak, smallSide }): Goal[] => [
    peakOf150(`${key} of ${count(rows)} articles`, peak),
    ...(small && smallSide
      ? [
          {
            goal: `… less than 20 MB from that of ${count(small.rows)} articles`,
            measured: `${((peak - peakOf(smallSide)) / megabyte).toFixed(0)} MB`,
            met: Math.abs(peak - peakOf(smallSide)) < 20 * megabyte,
          },
        ]
      : []),
  ]);
  const peaks = found.map(({ peak }) => peak);
  if (peaks.length < 2) return each;
  const apart = Math.max(...peaks) - Math.min(...peaks);
  const goal = 'peak memory of backup, restore and verify alike: less than 20 MB apart';
  return [...each, { goal, measured: `${(apart / megabyte).toFixed(0)} MB`, met: apart < 20 * megabyte }];
}

/** Seconds rather than minutes, and memory that does not grow with the ranges. */
function manifestGoals(all: readonly Series[]): Goal[] {
  const points = all.find(({ key }) => key === 'manifests')?.points ?? [];
  const [tenth, whole] = [100_000, 1_000_000].map((ranges) => points.find(({ x }) => x === ranges));
  return (whole?.sides ?? []).flatMap((side): Goal[] => {
    const less = tenth?.sides.find(({ key }) => key === side.key);
    if (!less) return [];
    const [seconds, grown] = [median(side.seconds), peakOf(side) - peakOf(less)];
    const goal = `1,000,000 chunks in one manifest, ${side.key}: at most 60 s`;
    const further = '… less than 20 MB of memory beyond that of 100,000';
    return [
      { goal, measured: `${seconds.toFixed(1)} s`, met: seconds <= 60 },
      { goal: further, measured: `${(grown / megabyte).toFixed(0)} MB`, met: grown < 20 * megabyte },
    ];
  });
}

/**
 * At the precision that is shown: beside a pgbench with a rate, neither side loses a thousandth. Where production takes all cores, whoever takes
 * half of one of two from it costs it more than 5 %; so a backup takes less than its rate there, and pg_dump does not. What one costs that keeps
 * to the rate with all of its workers stands in the table.
 */
function impactGoals(impacts: readonly Impact[]): Goal[] {
  return impacts.flatMap(({ load, situations }) => {
    const [slow, reads, dumped] = ['backup slow', 'backup slow reads', 'pg_dump slow'].map((key) =>
      situations.find((one) => one.key === key),
    );
    const lost = (situation: Situation | undefined): number =>
      situation ? Math.round(tpsLost(situation, situations) * 1000) / 10 : Number.NaN;
    const percent = (share: number): string => `${share.toFixed(1)} %`;
    const to = `pgbench (${load}), a backup with --max-rate of half a core's worth`;
    // What it costs from its start on, or when it reads: whichever is more.
    const [ours, theirs] = [Math.max(lost(slow), reads ? lost(reads) : 0), lost(dumped)];
    const latency = pairedRatio(slow?.p99Ms ?? [], dumped?.p99Ms ?? []).toFixed(2);
    return [
      {
        goal: `${to}: loses no more TPS than to pg_dump at that rate`,
        measured: `${percent(ours)} against ${percent(theirs)}`,
        met: ours <= theirs,
      },
      { goal: '… p99 no longer than then', measured: `${latency} × it`, met: Number(latency) <= 1 },
      { goal: '… at most 5 % TPS', measured: percent(ours), met: ours <= 5 },
    ];
  });
}
