import { expect, test } from 'vitest';
import { billLines } from '../../bench/report/bill.ts';
import { resultsReport } from '../../bench/report/results-report.ts';
import type { BenchResults, Figure, Measured } from '../../bench/results-file.ts';
import { readSettings } from '../../bench/settings.ts';

function side(key: string, seconds: readonly number[], peakMegabytes = 100): Measured {
  const peakRssBytes = seconds.map(() => peakMegabytes * 1e6);
  return {
    key,
    label: `${key} | what`,
    seconds,
    cpuSeconds: [],
    serverCpuSeconds: [],
    peakRssBytes,
    storedBytes: [],
  };
}

function figure(scenario: string, rows: number, ...sides: Measured[]): Figure {
  return { scenario, rowName: 'articles', rows, copyBytes: rows * 3000, sides, missing: [] };
}

function results(date: string, figures: readonly Figure[], argv: readonly string[] = []): BenchResults {
  const settings = readSettings(argv);
  if (!settings) throw new Error('no settings');
  const machine = {
    cpu: 'a processor',
    cores: 2,
    memoryBytes: 2 ** 33,
    platform: 'linux x64',
    node: 'v24',
    postgres: '15',
    peers: {},
  };
  const findings = { figures, fingerprints: [], impacts: [], series: [] };
  return { format: 2, date, program: '0.1.0', machine, settings, ...findings, totalSeconds: 1 };
}

test('a goal that was missed is printed as missed, one that was met as met', () => {
  const slow = figure('full', 200_000, side('backup', [10, 10, 10]), side('copy', [7, 8, 7]));
  expect(resultsReport([results('2026-01-01', [slow])])).toMatch(
    /rate of psql COPY +\| +0\.70 \| \*\*missed/,
  );
  const fast = figure('full', 200_000, side('backup', [10, 10, 10]), side('copy', [9, 9, 9]));
  expect(resultsReport([results('2026-01-01', [fast])])).toMatch(/rate of psql COPY +\| +0\.90 \| +yes/);
});

test('ratios are those of pairs, so that a slow spell does not count against one side', () => {
  const spell = figure('full', 200_000, side('backup', [10, 30, 10]), side('copy', [9, 27, 4]));
  expect(resultsReport([results('2026-01-01', [spell])])).toMatch(/rate of psql COPY +\| +0\.90 \|/);
});

test('of several runs, each scenario and size is taken from the newest that has it', () => {
  const parts = [
    results('2026-01-03', [figure('full', 200_000, side('backup', [3]))]),
    results('2026-01-01', [
      figure('full', 200_000, side('backup', [1])),
      figure('verify', 200_000, side('verify', [4])),
    ]),
    results('2026-01-02', [figure('full', 1_000_000, side('backup', [2]))]),
    results('2026-01-02', [figure('full', 200_000, side('backup', [9]))]),
  ];
  const report = resultsReport(parts);
  expect(report).toContain('Full backup of 200,000 articles');
  expect(report).toContain('Full backup of 1,000,000 articles');
  expect(report).toContain('Verification of 200,000 articles');
  const seconds = [...report.matchAll(/^\| `\w+ \\\| what` +\| +([\d.]+) /gm)].map((match) => match[1]);
  expect(seconds).toEqual(['3.00', '2.00', '4.00']);
  expect(report.match(/a processor/g)).toHaveLength(3);
});

test('memory is held against the small table and against the other commands', () => {
  const figures = [
    figure('small', 20_000, side('backup', [1], 100), side('verify', [1], 100)),
    figure('full', 200_000, side('backup', [1], 119)),
    figure('full', 1_000_000, side('backup', [1], 121)),
    figure('verify', 1_000_000, side('verify', [1], 151)),
  ];
  const report = resultsReport([results('2026-01-01', figures)]);
  expect(report).toMatch(/backup of 1,000,000 articles: peak memory at most 150 MB +\| +121 MB \| +yes/);
  expect(report).toMatch(/from that of 20,000 articles +\| +21 MB \| \*\*missed/);
  expect(report).toMatch(
    /verify of 1,000,000 articles: peak memory at most 150 MB +\| +151 MB \| \*\*missed/,
  );
  expect(report).toMatch(/alike: less than 20 MB apart +\| +30 MB \| \*\*missed/);
});

test('what is not installed is named', () => {
  const lacking = { ...figure('s3', 200_000, side('backup', [1])), missing: ['restic'] };
  expect(resultsReport([results('2026-01-01', [lacking])])).toContain(
    'Not installed, or too old for the server, and so not measured: restic.',
  );
});

test('a run too small to say anything checks no goal', () => {
  const full = figure('full', 2000, side('backup', [10]), side('copy', [1]));
  const report = resultsReport([results('2026-01-01', [full], ['--rows', '2000'])]);
  expect(report).toContain('no more than a sign of life');
  expect(report).not.toContain('missed');
});

test('the bill of S3 is that of the forecast: a put for each chunk and three more', () => {
  const rows = Math.round(1e12 / 3300);
  const puts = Math.ceil(rows / 1000) + 3;
  expect(billLines().join('\n')).toMatch(
    new RegExp(String.raw`1 TB, none +\| +${puts.toLocaleString('en-US')} \|`),
  );
});

test('a manifest of a million ranges is to take seconds, and no more memory than one of a tenth', () => {
  const manifests = (seconds: number, megabytes: number): BenchResults => ({
    ...results('2026-01-01', []),
    series: [
      {
        key: 'manifests',
        title: 'Ranges of one manifest',
        axis: 'ranges',
        points: [
          { x: 100_000, sides: [side('read', [1], 100)] },
          { x: 1_000_000, sides: [side('read', [seconds], megabytes)] },
        ],
      },
    ],
  });
  const met = resultsReport([manifests(59, 119)]);
  expect(met).toMatch(/manifest, read: at most 60 s +\| +59\.0 s \| +yes/);
  expect(met).toMatch(/memory beyond that of 100,000 +\| +19 MB \| +yes/);
  const missed = resultsReport([manifests(61, 121)]);
  expect(missed).toMatch(/manifest, read: at most 60 s +\| +61\.0 s \| \*\*missed/);
  expect(missed).toMatch(/memory beyond that of 100,000 +\| +21 MB \| \*\*missed/);
});
