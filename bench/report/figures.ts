import type { Figure, Measured } from '../results-file.ts';
import { median, pairedRatio } from '../statistics.ts';
import { barChart } from './charts.ts';
import { bytes, code, count, spread, table } from './format.ts';

const titles: Readonly<Record<string, (what: string) => string>> = {
  small: (what) => `Each command with ${what}`,
  full: (what) => `Full backup of ${what}`,
  zstd: (what) => `Full backup of ${what}, zstd`,
  s3: (what) => `Full backup of ${what} to S3`,
  narrow: (what) => `Full backup of ${what}`,
  restore: (what) => `Restore of ${what}`,
  verify: (what) => `Verification of ${what}`,
  startup: () => 'Start-up',
  incremental: (what) => `Incremental runs of ${what}`,
  patched: (what) => `Restore and verification of ${what} after updates`,
};

/** Figures whose sides all go over the same rows, so that MB/s compare. */
const rated: readonly string[] = ['full', 'zstd', 's3', 'narrow', 'restore', 'verify'];

export function figureLines(figure: Figure): string[] {
  const { scenario, rows, rowName, missing, note } = figure;
  const title = titles[scenario]?.(`${count(rows)} ${rowName}`) ?? scenario;
  const digits = scenario === 'startup' ? 3 : 2;
  return [
    `### ${title}`,
    '',
    ...(note === undefined ? [] : [`${note}.`, '']),
    ...measuredTable(figure, digits),
    '',
    ...(missing.length > 0
      ? [`Not installed, or too old for the server, and so not measured: ${missing.join(', ')}.`, '']
      : []),
    ...shippedLines(figure.sides),
    ...chartLines(figure, title),
  ];
}

function measuredTable({ scenario, copyBytes, sides }: Figure, digits: number): string[] {
  const [ours] = sides;
  const isRated = rated.includes(scenario);
  const columns: [string, (side: Measured) => string][] = [
    ['what', ({ label }) => code(label)],
    ['seconds', ({ seconds }) => spread(seconds, digits)],
    ['÷ first', (side) => (ours ? pairedRatio(side.seconds, ours.seconds).toFixed(2) : '–')],
    ['MB/s of `COPY` text', ({ seconds }) => (copyBytes / 1e6 / median(seconds)).toFixed(0)],
    ['processor s', ({ cpuSeconds }) => some(cpuSeconds, (value) => value.toFixed(2))],
    [
      "the database's",
      ({ serverCpuSeconds }) =>
        scenario === 'startup' ? '–' : some(serverCpuSeconds, (value) => value.toFixed(2)),
    ],
    ['peak memory', (side) => some([peakOf(side)].filter(Boolean), megabytes)],
    ['stored', ({ storedBytes }) => some(storedBytes, bytes)],
  ];
  const shown = columns.filter(
    ([title, cell]) => (isRated || !title.startsWith('MB/s')) && sides.some((side) => cell(side) !== '–'),
  );
  return table(
    shown.map(([title]) => title),
    sides.map((side) => shown.map(([, cell]) => cell(side))),
  );
}

function some(values: readonly number[], show: (value: number) => string): string {
  return values.length === 0 ? '–' : show(median(values));
}

function megabytes(value: number): string {
  return `${(value / 1e6).toFixed(0)} MB`;
}

export function peakOf({ peakRssBytes }: Measured): number {
  return Math.max(0, ...peakRssBytes);
}

function shippedLines(sides: readonly Measured[]): string[] {
  const rows = sides.flatMap(({ label, storedBytes, shipped }) => {
    if (!shipped) return [];
    const stored = median(storedBytes);
    const ratio = shipped.changedBytes > 0 ? (stored / shipped.changedBytes).toFixed(2) : '–';
    return [[code(label), count(shipped.rows), bytes(stored), bytes(shipped.changedBytes), ratio]];
  });
  if (rows.length === 0) return [];
  const head = ['what', 'rows shipped', 'bytes shipped', 'changed rows', 'ratio'];
  return [
    'What these runs added to the store, manifest included, against the changed rows themselves as `COPY` text:',
    '',
    ...table(head, rows),
    '',
  ];
}

function chartLines({ scenario, copyBytes, sides }: Figure, title: string): string[] {
  const isRated = rated.includes(scenario);
  const names = sides.map(({ key }, index) =>
    index === 0 && isRated ? 'this program' : (shortNames[key] ?? key),
  );
  if (isRated) {
    const rates = sides.map(({ seconds }) => copyBytes / 1e6 / median(seconds));
    return barChart({
      title: `${title}: MB/s of COPY text, more is better`,
      unit: 'MB/s',
      names,
      values: rates,
    });
  }
  if (scenario !== 'incremental') return [];
  const seconds = sides.map((side) => median(side.seconds));
  return barChart({ title: `${title}: seconds, less is better`, unit: 'seconds', names, values: seconds });
}

const shortNames: Readonly<Record<string, string>> = {
  backup: 'the backup',
  file: 'the same to files',
  copy: 'psql COPY',
  row_to_json: 'psql row_to_json',
  pg_dump: 'pg_dump -Fc',
  'pg_dump -Fd': 'pg_dump -Fd -j2',
  aws: 'pg_dump, aws',
  restic: 'pg_dump, restic',
  pg_restore: 'pg_restore -j2',
  psql: 'psql COPY FROM',
  new: '1 % new',
  updated: '1 % updated',
  elsewhere: 'unchanged, scanned',
  full: 'full run',
};
